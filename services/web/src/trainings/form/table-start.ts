import { isPacked } from '../../batches/upload/packed-file';

/** The first rows of a text table; enough for the largest file that can be trained on with few features. */
export interface TableStart {
  /** As in the header, without blanks around them. */
  columns: string[];
  rows: string[][];
  /** Whether these are all rows of the file. */
  isComplete: boolean;
}

const MAX_BYTES = 4_000_000;

/** Reads the beginning of a CSV or TSV file. @returns undefined for any other kind of file */
export async function readTableStart(file: File): Promise<TableStart | undefined> {
  if (await isPacked(file)) return undefined;
  const text = decode(new Uint8Array(await file.slice(0, MAX_BYTES).arrayBuffer()));
  if (text === undefined || /^\s*[[{]/.test(text)) return undefined;
  const { default: papa } = await import('papaparse');
  const { data } = papa.parse<string[]>(text, { skipEmptyLines: 'greedy' });
  const isComplete = file.size <= MAX_BYTES;
  const table = isComplete ? data : data.slice(0, -1);
  // Lines with a title stand above the header in one cell.
  const header = table.findIndex((cells) => cells.filter((cell) => cell.trim() !== '').length > 1);
  if (header < 0) return undefined;
  const columns = (table[header] ?? []).map((name) => name.trim());
  return { columns, rows: table.slice(header + 1), isComplete };
}

/** @returns undefined for a file that is no text */
function decode(bytes: Uint8Array): string | undefined {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  if (bytes.includes(0)) return undefined;
  try {
    // The last character may be cut.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}
