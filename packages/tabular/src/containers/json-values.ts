/** A record as texts, by name or by place; or the reason why it is none. */
export type JsonRecord = { fields: Map<string, string> } | { items: string[] } | { code: string; detail: string };

/**
 * A string, a number, or a word that Python and R write for numbers that JSON has no notation for. A string that does
 * not end matches to the end of the text, or each of its escaped quotes would be tried as the start of another.
 */
const TOKEN = /"(?:[^"\\]|\\[^])*(?:"|$)|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|-?Infinity\b|NaN\b/g;

/**
 * Parses one record. Numbers keep the text that they have in the file, so that neither a 20-digit identifier nor
 * `5.0` changes; true and false become words, null becomes blank.
 */
export function parseJsonRecord(text: string, line: number): JsonRecord {
  let members = 0;
  let value: unknown;
  try {
    const quoted = text.replace(TOKEN, (token, offset: number) => {
      if (!token.startsWith('"')) return `"${token}"`;
      if (isName(text, offset + token.length)) members++;
      return token;
    });
    value = JSON.parse(quoted);
  } catch {
    const goesOn = /^\s*\{[^]*[^}\s]\s*$|^\s*\{\s*$|\}\s*\{/.test(text);
    const advice =
      ': each line must hold a whole record, or the file one array of records (in pandas: to_json(orient="records", lines=True))';
    return { code: 'not-json', detail: `Line ${line} is not JSON${goesOn ? advice : ''}.` };
  }
  if (Array.isArray(value)) return arrayRecord(value, line);
  if (typeof value !== 'object' || value === null)
    return { code: 'no-record', detail: `Line ${line} is no record: send an object with a name for each value.` };
  const fields = new Map<string, string>();
  for (const [name, member] of Object.entries(value)) {
    const cell = cellText(member);
    if (cell === undefined) return nested(`"${name}"`, member, line);
    fields.set(name, cell);
  }
  if (members > fields.size) return { code: 'repeated-name', detail: `The record in line ${line} has one name twice.` };
  return { fields };
}

function isName(text: string, end: number): boolean {
  let i = end;
  while (text.charCodeAt(i) <= 32) i++;
  return text[i] === ':';
}

function arrayRecord(values: unknown[], line: number): JsonRecord {
  const items: string[] = [];
  for (const value of values) {
    const cell = cellText(value);
    if (cell === undefined) return nested(`Value ${items.length + 1}`, value, line);
    items.push(cell);
  }
  return { items };
}

function cellText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  return typeof value === 'boolean' ? String(value) : undefined;
}

function nested(name: string, value: unknown, line: number): JsonRecord {
  const kind = Array.isArray(value)
    ? 'a list (in R: auto_unbox = TRUE)'
    : 'an object (in pandas: orient="records", lines=True)';
  if (Array.isArray(value) && value.some((item) => item !== null && typeof item === 'object'))
    return {
      code: 'nested-value',
      detail: `${name} in line ${line} is a list of records: send this list alone.`,
    };
  return {
    code: 'nested-value',
    detail: `${name} in line ${line} is ${kind}: each value must be a text, a number, true, false or null.`,
  };
}
