import { type FieldError, describeList } from '@cytoqueue/schema';
import { Problem } from '../http/problem';

const TEXT_FIELDS = ['sample_id', 'model', 'operating_point', 'missing'];

/**
 * Rejects values of the wrong JSON type, all in one error, with advice: R wraps single values into lists, and numbers with too
 * many digits lose precision. The schema checks all other values.
 * @throws Problem 422 naming each field
 */
export function assertValueTypes(body: unknown): void {
  if (Array.isArray(body)) throw listBody(body.length);
  if (typeof body !== 'object' || body === null) return;
  const fields = body as Record<string, unknown>;
  const errors = TEXT_FIELDS.flatMap((field) => typeError(field, fields[field]));
  const { features } = fields;
  if (errors.length > 0 && typeof features === 'object' && features !== null) {
    for (const [name, value] of Object.entries(features))
      if (Array.isArray(value)) errors.push(listError(`features.${name}`, value));
  }
  if (errors.length > 0)
    throw new Problem('invalid-request', 'Values of the record have the wrong JSON type.', { errors });
}

function listBody(records: number): Problem {
  const advice =
    records === 1
      ? 'send the record itself, without brackets (in R: a list, not a data frame)'
      : 'send one record a request, or all of them as a file to POST /v1/batches';
  const errors = [{ code: 'invalid-type', detail: `the body is a list of ${records}; ${advice}` }];
  return new Problem('invalid-request', 'The body must be one record.', { errors });
}

function typeError(field: string, value: unknown): FieldError[] {
  if (Array.isArray(value)) return [listError(field, value)];
  if (field !== 'sample_id' || typeof value !== 'number') return [];
  const detail =
    'sample_id is a number; send it as text in quotes, because a number of more than 15 digits loses the last of them';
  return [{ field, code: 'invalid-type', detail }];
}

function listError(field: string, value: readonly unknown[]): FieldError {
  const name = field.replace(/^features\./, '');
  return { field, code: 'invalid-type', detail: `${name} ${describeList(value, 'value')}` };
}
