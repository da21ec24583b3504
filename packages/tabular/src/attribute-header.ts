import { TabularError } from './error';
import type { SourceRow } from './source';

const ATTRIBUTE = /^\s*@attribute\s+('(?:[^'\\]|\\.)*'|"[^"]*"|[^\s{[]+)/i;
const DATA = /^\s*@data\s*$/i;

/**
 * Finds the column names of an ARFF file (Weka, OpenML) or a KEEL file, which declare one attribute per line above the
 * line `@data`, and turns that line into the header.
 * @returns the rows, and the header's index in such a file
 */
export function nameAttributes(rows: readonly SourceRow[]): { rows: readonly SourceRow[]; header?: number } {
  const names: string[] = [];
  for (const [header, row] of rows.entries()) {
    const text = row.raw?.toString() ?? row.cells.join(',');
    if (DATA.test(text) && names.length > 0) {
      if (rows[header + 1]?.cells[0]?.startsWith('{') === true) throw sparseRows(rows[header + 1]?.line);
      return { rows: rows.with(header, { ...row, cells: names }), header };
    }
    const name = ATTRIBUTE.exec(text)?.[1];
    if (name !== undefined) names.push(name.replace(/^(['"])(.*)\1$/, '$2').replaceAll(/\\(.)/g, '$1'));
    else if (!/^\s*(@|%|$)/.test(text)) return { rows };
  }
  return { rows };
}

function sparseRows(line: number | null = null): TabularError {
  const message =
    'This is an ARFF file with sparse rows, "{index value, …}". Convert it in Weka with the filter SparseToNonSparse.';
  return new TabularError('unsupported-format', message, { line: line ?? undefined });
}
