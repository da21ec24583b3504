import { TextDecoder } from 'node:util';
import { TabularError } from '../error';
import type { ExpansionLimit } from './expansion-limit';
import type { RowFault, RowSource, SourceRow } from '../source';
import { MAX_COLUMNS } from '../settings';
import { markedEncoding } from './first-bytes';
import { readArrayElements, readLines, type JsonElement } from './json-elements';
import { parseJsonRecord, type JsonRecord } from './json-values';

/**
 * Writers leave out what a record lacks: the columns are the names of this many first records, in the order of their
 * first use.
 */
const RECORDS_FOR_HEADER = 1000;
const CHARS_FOR_HEADER = 4 * 1024 * 1024;

/**
 * Reads JSON Lines, or one array of records; the header row comes first. Records are objects, or arrays below one
 * with the names.
 * @param limit of the container from which the bytes are unpacked
 */
export function openJson(bytes: AsyncIterable<Uint8Array>, limit?: ExpansionLimit): RowSource {
  return { kind: 'rows', container: 'jsonl', sheet: null, rows: readRows(bytes, limit), warnings: [] };
}

interface Parsed {
  record: JsonRecord;
  line: number;
}

async function* readRows(bytes: AsyncIterable<Uint8Array>, limit?: ExpansionLimit): AsyncGenerator<SourceRow> {
  const records = parseRecords(await splitElements(decodeText(bytes)), limit);
  const first: Parsed[] = [];
  let chars = 0;
  for (let next = await records.next(); next.done !== true; next = await records.next()) {
    first.push(next.value);
    chars += next.value.chars;
    if (first.length === RECORDS_FOR_HEADER || chars > CHARS_FOR_HEADER) break;
  }
  const header = headerOf(first);
  if (header === undefined) return;
  const columns = new Map(header.names.map((name, index) => [name, index]));
  yield { cells: header.names, line: header.line };
  for (const parsed of header.rows) yield toRow(parsed, columns);
  for await (const parsed of records) yield toRow(parsed, columns);
}

async function* parseRecords(
  elements: AsyncIterable<JsonElement>,
  limit?: ExpansionLimit,
): AsyncGenerator<Parsed & { chars: number }> {
  for await (const { text, line } of elements) {
    limit?.addShortRow(text.length);
    yield { record: parseJsonRecord(text, line), line, chars: text.length };
  }
}

function headerOf(first: Parsed[]): { names: string[]; line: number | null; rows: Parsed[] } | undefined {
  const [start] = first;
  if (start === undefined) return undefined;
  if ('code' in start.record) throw new TabularError(start.record.code, start.record.detail, { line: start.line });
  if ('items' in start.record) return { names: start.record.items, line: start.line, rows: first.slice(1) };
  const names = new Set<string>();
  for (const { record } of first) if ('fields' in record) for (const name of record.fields.keys()) names.add(name);
  if (names.size > MAX_COLUMNS)
    throw new TabularError('too-many-columns', `The records have more than ${MAX_COLUMNS} different names.`);
  return { names: [...names], line: null, rows: first };
}

function toRow({ record, line }: Parsed, columns: ReadonlyMap<string, number>): SourceRow {
  if ('code' in record)
    return { cells: blanks(columns.size), line, fault: { code: record.code, detail: record.detail } };
  if ('items' in record) return { cells: record.items, line };
  const cells = blanks(columns.size);
  let fault: RowFault | undefined;
  for (const [name, cell] of record.fields) {
    const column = columns.get(name);
    if (column !== undefined) cells[column] = cell;
    else
      fault ??= {
        code: 'unknown-name',
        detail: `Line ${line} has the name "${name}", which none of the first ${RECORDS_FOR_HEADER} records has.`,
      };
  }
  return { cells, line, ...(fault && { fault }) };
}

function blanks(count: number): string[] {
  return Array.from({ length: count }, () => '');
}

async function* decodeText(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined;
  try {
    for await (const chunk of bytes) {
      decoder ??= new TextDecoder(markedEncoding(chunk), { fatal: true });
      yield decoder.decode(chunk, { stream: true });
    }
    yield decoder?.decode() ?? '';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error;
    throw new TabularError('not-utf8', 'The JSON file is not UTF-8. Write it in UTF-8 and send it again.', {
      cause: error,
    });
  }
}

/** One array of records over the whole file, or a record on each line; both may begin with a bracket. */
async function splitElements(texts: AsyncGenerator<string>): Promise<AsyncGenerator<JsonElement>> {
  let start = '';
  for (let next = await texts.next(); next.done !== true; next = await texts.next()) {
    start += next.value;
    if (start.trimStart().includes('\n') || start.length > CHARS_FOR_HEADER) break;
  }
  const all = prepend(start, texts);
  return isOneArray(start) ? readArrayElements(all) : readLines(all);
}

/** `[1,2]` on a line of its own is a record; `[{`, `[[` and a bracket alone begin an array of records. */
function isOneArray(start: string): boolean {
  return /^\s*\[\s*(\{|\[|\n|$)/.test(start);
}

async function* prepend(start: string, texts: AsyncGenerator<string>): AsyncGenerator<string> {
  yield start;
  yield* texts;
}
