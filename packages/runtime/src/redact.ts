import { stdSerializers } from 'pino';

/** Field names that could contain patient data. No call site logs them; this is a second line of defence. */
const PATIENT_FIELDS = [
  'features',
  'sample',
  'sample_id',
  'filename',
  'cells',
  'row',
  'body',
  'received',
  'originalname',
  'field',
  'detail',
];
/** `args`: a failed Redis command contains its arguments, for AUTH the password. */
const SECRETS = ['authorization', 'cookie', 'api_key', 'args'];
const REDACTED_FIELDS: ReadonlySet<string> = new Set([...PATIENT_FIELDS, ...SECRETS]);

/** Pino's depth limit. */
const MAX_DEPTH = 5;

/** Removes the values of these fields at any depth; formats errors like pino's serializer. */
export function redact(fields: object, depth = 1): Record<string, unknown> {
  const redacted: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    // Drop functions: a `toJSON` would be called when the line is printed.
    if (typeof value === 'function') continue;
    redacted[name] = REDACTED_FIELDS.has(name) ? '[redacted]' : redactValue(value, depth);
  }
  return redacted;
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  // Bytes may be patient data.
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (depth === MAX_DEPTH) return Array.isArray(value) ? '[Array]' : '[Object]';
  if (value instanceof Error) return redactError(value, depth);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1));
  if (value instanceof Map) return redactValue(Object.fromEntries(value), depth);
  if (value instanceof Set) return redactValue([...value], depth);
  return 'toJSON' in value && typeof value.toJSON === 'function'
    ? redactValue(toJson(value as { toJSON: () => unknown }), depth + 1)
    : redact(value, depth + 1);
}

/** Redacts the value that would be printed. A failing conversion must not fail the caller. */
function toJson(value: { toJSON: () => unknown }): unknown {
  try {
    return value.toJSON();
  } catch {
    return '[unprintable]';
  }
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  const printed = redact(stdSerializers.err(error), depth + 1);
  const quotes = quotedInput(error);
  const redactQuotes = (text: unknown): unknown =>
    typeof text === 'string'
      ? quotes.reduce((left, quote) => left.replaceAll(quote, 'invalid JSON [redacted]'), text)
      : text;
  return { ...printed, message: redactQuotes(printed['message']), stack: redactQuotes(printed['stack']) };
}

/** Messages of the error and its causes that quote the parsed input, like those of JSON.parse. */
function quotedInput(error: Error): string[] {
  const found: string[] = [];
  const seen = new Set<unknown>();
  for (let cause: unknown = error; cause instanceof Error && !seen.has(cause); cause = cause.cause) {
    seen.add(cause);
    if (cause instanceof SyntaxError && cause.message !== '') found.push(cause.message);
  }
  return found;
}
