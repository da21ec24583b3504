import type { Dialect } from '@cytoqueue/csv';
import { TextRows } from '../text-rows';

/**
 * How a column is written where a format has types. `integer`, `number` and `text` are columns of ours: blank cells
 * become null. `carried` columns stay text; only in a workbook, numbers among them become numbers. An `identifier` is
 * text everywhere.
 */
export type ColumnType = 'integer' | 'number' | 'text' | 'carried' | 'identifier';

export interface ResultColumn {
  name: string;
  type: ColumnType;
}

export interface ResultTable {
  columns: ResultColumn[];
  rows: AsyncGenerator<readonly string[], void, undefined>;
}

/** Results carry cells of at most 1 MiB each, and a row of them. */
const MAX_ROW_BYTES = 16 * 1024 * 1024;
const BOM = '\uFEFF';

/**
 * Reads a CSV file of results, errors or changes back into cells.
 * @param typesOf the type of each column of the header
 * @returns undefined when the file is empty
 */
export async function readResultTable(
  bytes: AsyncIterable<Uint8Array>,
  dialect: Dialect,
  typesOf: (names: readonly string[]) => readonly ColumnType[],
): Promise<ResultTable | undefined> {
  const rows = readRows(bytes, dialect);
  const header = await rows.next();
  if (header.done === true) return undefined;
  const names = header.value.map((name, index) => (index === 0 && name.startsWith(BOM) ? name.slice(1) : name));
  const types = typesOf(names);
  return { columns: names.map((name, index) => ({ name, type: types[index] as ColumnType })), rows };
}

async function* readRows(
  bytes: AsyncIterable<Uint8Array>,
  dialect: Dialect,
): AsyncGenerator<readonly string[], void, undefined> {
  const rows = new TextRows(dialect, MAX_ROW_BYTES);
  for await (const chunk of bytes) for (const { cells } of rows.push(chunk)) yield cells;
  for (const { cells } of rows.end()) yield cells;
}

/** Names as keys: a second column of a name, and one without, gets a number. */
export function uniqueNames(columns: readonly ResultColumn[]): string[] {
  const taken = new Set(columns.map(({ name }) => name));
  const seen = new Set<string>();
  return columns.map(({ name }, index) => {
    let unique = name === '' ? `column_${index + 1}` : name;
    for (let number = 2; seen.has(unique) || (unique !== name && taken.has(unique)); number++)
      unique = `${name === '' ? `column_${index + 1}` : name}_${number}`;
    seen.add(unique);
    return unique;
  });
}
