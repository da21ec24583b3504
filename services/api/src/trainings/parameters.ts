import {
  createSchema,
  findSchema,
  MAX_FEATURES,
  normalizeName,
  type Schema,
  SchemaError,
  shippedSchemaIds,
} from '@cytoqueue/schema';
import type { ImportSettings } from '@cytoqueue/tabular';
import { z } from 'zod';
import { Problem } from '../http/problem';
import { validateInput } from '../http/router';
import { trainingLimit } from './limits';

const DEFAULT_SEED = 2;
const column = z.string().min(1).max(200);

/** Parameters of a training. Each is a query parameter or a field of the form. */
export const trainingParameters = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'must consist of lower-case letters, digits and hyphens')
    .meta({ description: 'Name of the model, without `own/`; the training adds its next version' }),
  schema: z
    .string()
    .max(128 * 1024)
    .meta({ description: `\`${shippedSchemaIds.join('`, `')}\`, or the definition of a custom schema as JSON text` }),
  label: column.meta({ description: 'Name of the column with the known class' }),
  group: column.optional().meta({
    description: 'Name of the column that identifies the patient, whose rows are tested together; by default none',
  }),
  sheet: z.string().max(200).optional().meta({ description: 'The sheet of a workbook with several' }),
  seed: z.coerce
    .number()
    .int()
    .min(0)
    .max(999_999_999)
    .optional()
    .meta({ description: `Seed of the folds; ${DEFAULT_SEED} by default` }),
});

export const trainingQuery = trainingParameters.partial();
export const trainingFieldNames = Object.keys(trainingParameters.shape);

export interface TrainingParameters {
  name: string;
  schema: Schema;
  label: string;
  group: string | null;
  sheet?: string;
  seed: number;
}

/**
 * Merges the parameters of the address with the fields of the form. Browsers send an empty field for an input that is left blank.
 * @throws Problem 422
 */
export function readParameters(query: object, fields: Record<string, unknown>): TrainingParameters {
  const filled = Object.entries(fields).filter(([, value]) => value !== '');
  const twice = filled.filter(([name]) => name in query);
  if (twice.length > 0)
    throw invalid(twice.map(([field]) => ({ field, code: 'given-twice', detail: 'is given in address and form' })));
  const merged = { ...query, ...Object.fromEntries(filled) };
  const { group = null, seed = DEFAULT_SEED, ...given } = validateInput(trainingParameters, merged, 'field');
  if (group !== null && normalizeName(group) === normalizeName(given.label))
    throw invalid([{ field: 'group', code: 'same-column', detail: 'must be another column than label' }]);
  return { ...given, schema: readSchema(given.schema), group, seed };
}

/** Names the columns of class and patient to the importer, as an import profile does. */
export function importSettingsOf(
  { schema, label, group, sheet }: TrainingParameters,
  charset?: string,
): ImportSettings {
  const columns = { label, ...(group !== null && { id: group }) };
  return { schema, charset, sheet, profile: { name: 'training', sha256: '', content: { columns } } };
}

function readSchema(text: string): Schema {
  const shipped = findSchema(text);
  if (shipped !== undefined) return shipped;
  const definition = parseJson(text);
  const { features } = definition as { features?: unknown };
  if (Array.isArray(features) && features.length > MAX_FEATURES)
    throw trainingLimit(
      'too-many-features',
      `A schema has at most ${MAX_FEATURES} features, this one ${features.length}.`,
    );
  try {
    return createSchema(definition);
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    throw invalid(
      error.errors.map((one) => ({ ...one, field: ['schema', one.field].filter(Boolean).join('.') })),
      error,
    );
  }
}

function parseJson(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Refused below.
  }
  throw invalid([
    {
      field: 'schema',
      code: 'invalid-schema',
      detail: `must be ${shippedSchemaIds.join(', ')}, or the definition of a schema as JSON`,
    },
  ]);
}

function invalid(errors: NonNullable<ConstructorParameters<typeof Problem>[2]>['errors'], cause?: unknown): Problem {
  return new Problem('invalid-request', 'At least one field is not valid. Correct the listed ones.', { errors, cause });
}
