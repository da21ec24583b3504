import { type FieldError, SchemaError } from './errors';
import { matchFeature } from './column-names';
import { type Feature, type Schema, featureAt } from './schema';
import { checkValue, valueErrorText } from './value';

/** A record that arrived as JSON. */
export interface ParsedRecord {
  /** One value per feature in the schema's order; NaN where not measured. */
  readonly sample: Float64Array;
  /** The same values under canonical names; null where not measured. */
  readonly features: Record<string, number | null>;
}

interface Field {
  readonly key: string;
  readonly received: unknown;
}

/**
 * Reads a JSON object that names every feature. `null` and `"?"` mean "not measured"; other strings are rejected, and
 * the error of a list or of a number in quotes says what to send instead.
 * @throws SchemaError with one entry for each bad field: `unknown-feature`, `duplicate-feature`, `missing-feature`,
 *   `not-an-integer`, `not-a-number`, `out-of-range`; or `too-many-missing`; or `not-an-object`.
 */
export function parseRecord(input: unknown, schema: Schema): ParsedRecord {
  const errors: FieldError[] = [];
  const fields = assignFields(input, schema, errors);
  const sample = new Float64Array(schema.features.length);
  schema.features.forEach((feature, index) => {
    const field = fields[index];
    if (field === undefined) errors.push(missingFeature(feature));
    else sample[index] = readField(field, feature, errors);
  });
  if (errors.length > 0) throw new SchemaError(errors);
  return collect(sample, schema);
}

/** Feature index → the field that names it. */
function assignFields(input: unknown, schema: Schema, errors: FieldError[]): (Field | undefined)[] {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new SchemaError([{ code: 'not-an-object', detail: 'features must be an object that names every feature' }]);
  }
  const fields = Array.from<Field | undefined>({ length: schema.features.length });
  for (const [key, received] of Object.entries(input)) {
    const feature = matchFeature(key, schema)?.feature;
    const earlier = feature === undefined ? undefined : fields[feature];
    if (feature === undefined) errors.push(unknownFeature(key, received, schema));
    else if (earlier !== undefined) errors.push(duplicateFeature(earlier.key, key, featureAt(schema, feature)));
    else fields[feature] = { key, received };
  }
  return fields;
}

function readField({ key, received }: Field, feature: Feature, errors: FieldError[]): number {
  if (received === null || received === '?') return NaN;
  const value = typeof received === 'number' ? received : NaN;
  const code = checkValue(value, feature);
  if (code !== undefined) {
    errors.push({
      field: key,
      code,
      detail: `${key} ${describeType(received) ?? valueErrorText(code, feature)}`,
      received,
    });
  }
  return value;
}

/** Explains why a value of another JSON type is rejected, and what to send. */
function describeType(received: unknown): string | undefined {
  if (Array.isArray(received)) {
    const [only] = received as unknown[];
    const advice = received.length === 1 ? `send ${JSON.stringify(only)} (in R: auto_unbox = TRUE)` : 'send one number';
    return `is a list; ${advice}`;
  }
  if (typeof received !== 'string') return undefined;
  const number = Number(received);
  return received.trim() !== '' && Number.isFinite(number)
    ? `is text; send the number ${number} without quotes`
    : undefined;
}

function collect(sample: Float64Array, schema: Schema): ParsedRecord {
  const features: Record<string, number | null> = {};
  const missing: string[] = [];
  schema.features.forEach(({ name }, index) => {
    const value = sample[index] ?? NaN;
    features[name] = Number.isNaN(value) ? null : value;
    if (!Number.isNaN(value)) return;
    missing.push(name);
  });
  if (missing.length > schema.maxMissing) throw new SchemaError([tooManyMissing(missing, schema)]);
  return { sample, features };
}

function unknownFeature(key: string, received: unknown, schema: Schema): FieldError {
  return { field: key, code: 'unknown-feature', detail: `${key} is not a feature of ${schema.title}`, received };
}

function duplicateFeature(first: string, second: string, { name }: Feature): FieldError {
  return { field: second, code: 'duplicate-feature', detail: `${first} and ${second} both mean ${name}` };
}

function missingFeature({ name }: Feature): FieldError {
  return { field: name, code: 'missing-feature', detail: `${name} is missing; null means "not measured"` };
}

function tooManyMissing(names: string[], { maxMissing }: Schema): FieldError {
  const detail = `${names.length} features are not measured, at most ${maxMissing} may be: ${names.join(', ')}`;
  return { field: names[0], code: 'too-many-missing', detail };
}
