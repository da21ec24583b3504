import { stdSerializers } from 'pino';

/** Names under which patient data could slip into a log line; no call site logs them, this is the backstop. */
const PATIENT_FIELDS = ['features', 'sample', 'sample_id', 'filename', 'cells', 'row', 'body', 'received', 'originalname', 'field'];
/** `args`: a failed Redis command carries its arguments, of AUTH the password. */
const SECRETS = ['authorization', 'cookie', 'api_key', 'args'];
const NAMES: ReadonlySet<string> = new Set([...PATIENT_FIELDS, ...SECRETS]);

/** As deep as pino prints. */
const MOST_LEVELS = 5;

/** The fields of a log line without the values of these names, at whatever depth; errors as pino's own serializer has them. */
export function withheld(fields: object, level = 1): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) kept[name] = NAMES.has(name) ? '[redacted]' : withheldValue(value, level);
  return kept;
}

function withheldValue(value: unknown, level: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (level === MOST_LEVELS) return Array.isArray(value) ? '[Array]' : '[Object]';
  if (value instanceof Error) return withheld(stdSerializers.err(value), level + 1);
  if (Array.isArray(value)) return value.map((item) => withheldValue(item, level + 1));
  return 'toJSON' in value ? value : withheld(value, level + 1);
}
