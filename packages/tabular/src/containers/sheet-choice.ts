import { TabularError } from '../error';
import type { ImportWarning } from '../report';

export interface SheetSummary {
  name: string;
  hidden: boolean;
}

/**
 * The sheet that was asked for, or the only one with rows, or the first when none has any.
 * @throws TabularError `sheet-not-found`; `several-sheets` when more than one has rows and none was asked for
 */
export async function chooseSheet<S extends SheetSummary>(
  sheets: readonly S[],
  wanted: string | undefined,
  hasRows: (sheet: S) => Promise<boolean> | boolean,
): Promise<S> {
  if (wanted !== undefined) return findSheet(sheets, wanted);
  const [first, ...others] = sheets;
  if (first === undefined) throw new TabularError('no-sheet', 'The workbook has no sheet with cells.');
  if (others.length === 0) return first;
  const filled: S[] = [];
  for (const sheet of sheets) if (await hasRows(sheet)) filled.push(sheet);
  if (filled.length > 1) {
    throw new TabularError(
      'several-sheets',
      `The workbook has ${filled.length} sheets with rows: ${listSheets(filled)}. Choose one by sheet=NAME, or ` +
        'delete the others.',
      { sheets: filled.map(({ name }) => name) },
    );
  }
  return filled[0] ?? first;
}

function findSheet<S extends SheetSummary>(sheets: readonly S[], wanted: string): S {
  const exact = sheets.find(({ name }) => name === wanted);
  if (exact !== undefined) return exact;
  const similar = sheets.filter(({ name }) => normalizeName(name) === normalizeName(wanted));
  if (similar.length === 1) return similar[0] as S;
  throw new TabularError(
    'sheet-not-found',
    `The workbook has no sheet "${wanted}". Its sheets: ${listSheets(sheets)}.`,
    { sheets: sheets.map(({ name }) => name) },
  );
}

function normalizeName(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase();
}

function listSheets(sheets: readonly SheetSummary[]): string {
  const named = sheets.slice(0, 20).map(({ name, hidden }) => `"${name}"${hidden ? ' (hidden)' : ''}`);
  return named.join(', ') + (sheets.length > named.length ? ` and ${sheets.length - named.length} more` : '');
}

export function hiddenRowsWarning(count: number, first: number): ImportWarning {
  const rows = count === 1 ? 'A hidden row of the sheet is' : `${count} hidden rows of the sheet are`;
  return {
    code: 'hidden-rows',
    line: first,
    detail: `${rows} read like all others; the first is row ${first} of the sheet.`,
  };
}
