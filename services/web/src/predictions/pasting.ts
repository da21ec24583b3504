import type { Feature } from '@cytoqueue/client';
import { readCell } from './cell';

export interface Pasted {
  /** Texts by field, from `start` on. */
  cells: string[];
  start: number;
  /** The cell before the values: how the sender names the record. */
  reference?: string;
  /** What was done with the line, to be read out. */
  note: string;
}

export type PasteResult = Pasted | { refusal: string };

/**
 * A line from a sheet as values for the fields. Where it is not plain which cell belongs where, it is refused:
 * a shifted record is worse than one that is typed.
 * @param field the one that was pasted into, from 0
 * @returns undefined for what is no line but one value
 */
export function readPasted(text: string, features: readonly Feature[], field: number): PasteResult | undefined {
  const lines = text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '');
  const cells = splitLine(lines[0] ?? '');
  if (cells.length < 2) return undefined;
  if (lines.length > 1) return { refusal: `That were ${lines.length} lines. One record is one line; for many, upload a file under Batches.` };
  if (cells.length < features.length) return readPart(cells, features.length, field);
  return readLine(cells, features);
}

/** Tabs, semicolons, commas or bars, else spaces. */
function splitLine(line: string): string[] {
  const separator = ['\t', ';', ',', '|'].find((candidate) => line.includes(candidate));
  const cells = separator === undefined ? line.trim().split(/\s+/) : line.split(separator);
  return cells.map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
}

function readPart(cells: string[], count: number, field: number): PasteResult {
  if (field + cells.length > count) {
    return { refusal: `That were ${cells.length} values, and from here there are ${count - field} fields. Nothing was filled in.` };
  }
  const span = `${cells.length} values filled in from field ${field + 1} on`;
  return { cells, start: field, note: field === 0 ? `${span}; ${count - cells.length} are still to come.` : `${span}.` };
}

function readLine(cells: string[], features: readonly Feature[]): PasteResult {
  const { length } = features;
  if (cells.length === length) return { cells, start: 0, note: `All ${length} values filled in.` };
  const surplus = cells.length - length;
  const first = cells[0] ?? '';
  const last = cells.at(-1) ?? '';
  const isReference = isNoValue(first, features[0]);
  const reference = { cells: cells.slice(1, length + 1), start: 0, reference: first };
  const before = `All ${length} values filled in. The cell before them was taken for the reference`;
  if (surplus === 1 && isReference && !isNamedClass(last)) return { ...reference, note: `${before}.` };
  if (surplus === 1 && !isReference && isNamedClass(last)) return { cells: cells.slice(0, length), start: 0, note: `All ${length} values filled in. The class behind them was left out.` };
  if (surplus === 2 && isReference) return { ...reference, note: `${before}, the one behind them was left out.` };
  return { refusal: `That were ${cells.length} cells for ${length} fields, and it is not plain which are the values. Copy just those; nothing was filled in.` };
}

function isNoValue(text: string, feature: Feature | undefined): boolean {
  const { kind } = readCell(text, feature as Feature);
  return kind === 'fault';
}

function isNamedClass(text: string): boolean {
  return /^(benign|malignant|b|m)$/i.test(text);
}
