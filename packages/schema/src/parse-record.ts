import { type FieldError, SchemaError } from './errors';
import { matchFeature } from './column-names';
import { type Feature, type Schema, featureAt } from './schema';
import { checkValue, valueErrorText } from './value';

/** Values in the schema's order under canonical names; null where not measured. */
type RecordValues = Record<string, number | null>;

interface Field {
  readonly key: string;
  readonly received: unknown;
}

/**
 * Reads a JSON object that names every feature. `null` and `"?"` mean "not measured". Other strings are rejected. The
 * error of a list or of a number in quotes says what to send instead.
 * @throws SchemaError with one entry for each bad field: `unknown-feature`, `duplicate-feature`, `missing-feature`,
 *   `not-an-integer`, `not-a-number`, `out-of-range`; or `too-many-missing`; or `not-an-object`.
 */
export function parseRecord(input: unknown, schema: Schema): RecordValues {
  const errors: FieldError[] = [];
  const fields = assignFields(input, schema, errors);
  const values: RecordValues = {};
  schema.features.forEach((feature, index) => {
    const field = fields[index];
    if (field === undefined) errors.push(missingFeature(feature));
    else values[feature.name] = readField(field, feature, errors);
  });
  if (errors.length > 0) throw new SchemaError(errors);
  const missing = Object.keys(values).filter((name) => values[name] === null);
  if (missing.length > schema.maxMissing) throw new SchemaError([tooManyMissing(missing, schema)]);
  return values;
}

/** Feature index → the field that names it. */
function assignFields(input: unknown, schema: Schema, errors: FieldError[]): (Field | undefined)[] {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new SchemaError([{ code: 'not-an-object', detail: 'features must be an object that names every feature' }]);
  }
  const fields = Array.from<Field | undefined>({ length: schema.features.length });
  for (const [key, received] of Object.entries(input)) {
    const featureIndex = matchFeature(key, schema)?.featureIndex;
    const earlier = featureIndex === undefined ? undefined : fields[featureIndex];
    if (featureIndex === undefined) errors.push(unknownFeature(key, received, schema));
    else if (earlier !== undefined) errors.push(duplicateFeature(earlier.key, key, featureAt(schema, featureIndex)));
    else fields[featureIndex] = { key, received };
  }
  return fields;
}

function readField({ key, received }: Field, feature: Feature, errors: FieldError[]): number | null {
  if (received === null || received === '?') return null;
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
  if (Array.isArray(received)) return describeList(received, 'number');
  if (typeof received !== 'string') return undefined;
  const number = Number(received);
  return received.trim() !== '' && Number.isFinite(number)
    ? `is text; send the number ${number} without quotes`
    : undefined;
}

/** Says what to send in place of a list, as which R writes single values. */
export function describeList(list: readonly unknown[], expected: 'number' | 'value'): string {
  const advice =
    list.length === 1 ? `send ${JSON.stringify(list[0])} (in R: auto_unbox = TRUE)` : `send one ${expected}`;
  return `is a list; ${advice}`;
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
