import { isMissing, parseLabel, plainText, type Schema } from '@cytoqueue/schema';
import { looksNumeric } from './cells';
import { TabularError } from './error';
import { isBlank } from './records';
import type { ColumnRoles, Recognizer } from './recognizer';
import type { ImportProfile } from './settings';
import type { SourceRow } from './source';

/** Rows of the first part among which the header is looked for. */
const MAX_PREAMBLE_ROWS = 60;
const MAX_ROWS_BELOW_HEADER = 3;
/** Columns that may hold the names of features where no row does. */
const MAX_NAME_COLUMNS = 20;
/** Rows of numbers beside the features of a transposed table. */
const MAX_OTHER_ROWS = 3;

/**
 * The index of the header: the profile's line; else the first row that names the most features; else, for the caller to
 * judge, the first row of names as wide as the rows around it.
 * @throws TabularError `no-header-line` for a line that the file has not, `rows-above-header` when the rows above it
 *   look like records
 */
export function findHeader(rows: readonly SourceRow[], recognizer: Recognizer, profile: ImportProfile = {}): number {
  if (profile.header_line !== undefined) return findLine(rows, profile.header_line);
  const candidates = rows.slice(0, MAX_PREAMBLE_ROWS);
  const scores = candidates.map(({ cells }) => recognizer.score(cells));
  const best = Math.max(0, ...scores);
  const at = scores.indexOf(best);
  const header = candidates[at];
  if (best === 0 || header === undefined || !recognizer.isHeader(header.cells)) return fallback(candidates);
  const record = candidates.slice(0, at).find((row) => holdsValues(row, recognizer));
  if (record === undefined) return at;
  const message = `line ${header.line} is the header, but the rows above it look like records; move the header to the top, or say header_line in an import profile`;
  throw new TabularError('rows-above-header', message, { line: record.line ?? undefined });
}

/** @throws TabularError `names-in-column` when the features stand below each other: a transposed table, or a long one */
export function rejectNamesInColumn(
  rows: readonly SourceRow[],
  header: readonly string[],
  recognizer: Recognizer,
): void {
  if (recognizer.isHeader(header)) return;
  const first = rows.slice(0, MAX_PREAMBLE_ROWS);
  for (let column = 0; column < Math.min(header.length, MAX_NAME_COLUMNS); column++) {
    const cells = first.map((row) => row.cells[column] ?? '');
    if (recognizer.score(cells) < recognizer.featureCount) continue;
    const isName = cells.map((cell) => typeof recognizer.meaning(cell) === 'number');
    const named = isName.filter(Boolean).length;
    // With records beside them, the names are a legend. Above and below features stand ids, classes and the like.
    const others = first.filter((row, index) => isName[index] === false && holdsValues(row, recognizer));
    if (others.length > MAX_OTHER_ROWS) return;
    const remedy =
      named > recognizer.featureCount
        ? 'each value has a row of its own; write one row for each record, with a column for each feature'
        : 'exchange rows and columns (in Excel: Paste Special, Transpose)';
    const message = `column ${column + 1} names the features, and no row does: ${remedy}`;
    throw new TabularError('names-in-column', message);
  }
}

function holdsValues({ cells }: SourceRow, { featureCount }: Recognizer): boolean {
  return cells.filter(looksNumeric).length >= featureCount;
}

function findLine(rows: readonly SourceRow[], wanted: number): number {
  const index = rows.findIndex(({ line }, at) => (line ?? at + 1) === wanted);
  if (index >= 0) return index;
  throw new TabularError(
    'no-header-line',
    `the import profile says that line ${wanted} is the header; no row starts there in the first part of the file`,
  );
}

function fallback(rows: readonly SourceRow[]): number {
  const filled = rows.map((row, index) => ({ index, cells: row.cells })).filter(({ cells }) => !isBlank(cells));
  const widths = new Map<number, number>();
  for (const { cells } of filled) widths.set(cells.length, (widths.get(cells.length) ?? 0) + 1);
  const [usual] = [...widths].toSorted((a, b) => b[1] - a[1])[0] ?? [0];
  const names = filled.find(
    ({ cells }) =>
      cells.length === usual && cells.filter((cell) => cell !== '' && !looksNumeric(cell)).length * 2 > usual,
  );
  return names?.index ?? filled[0]?.index ?? 0;
}

/**
 * Finds the rows between the header and the first record, by index: comments, and a second header row of labels or
 * units.
 */
export function findNonRecordsBelowHeader(
  rows: readonly SourceRow[],
  header: number,
  roles: ColumnRoles,
  schema: Schema,
): Map<number, 'title' | 'second_header'> {
  const found = new Map<number, 'title' | 'second_header'>();
  for (const [index, { cells, fault }] of rows.entries()) {
    if (found.size === MAX_ROWS_BELOW_HEADER) break;
    if (index <= header || isBlank(cells)) continue;
    const isFlags =
      isOrangeTypes(rows[index - 1]?.cells) && cells.every((cell) => /^(class|meta|ignore|[cim])?$/.test(cell));
    const kind = fault !== undefined ? undefined : isFlags ? 'second_header' : kindBelowHeader(cells, roles, schema);
    if (kind === undefined) break;
    found.set(index, kind);
  }
  return found;
}

/** The second header row of Orange's .tab files; the third holds flags, and is blank for features. */
function isOrangeTypes(cells: readonly string[] = []): boolean {
  return cells.length > 0 && cells.every((cell) => /^([cdst]|continuous|discrete|string|time)$/.test(cell));
}

const VALUE_WITH_SIGNS = /^[^\p{L}\p{N}]*\p{N}+([.,]\p{N}+)?[^\p{L}\p{N}]*$/u;

/** The line that database programs draw below the names. */
function isRuler(cells: readonly string[]): boolean {
  const filled = cells.map((cell) => cell.trim()).filter((cell) => cell !== '');
  return filled.length > 0 && filled.every((cell) => /^[-+=:_ ]{2,}$/.test(cell));
}

function kindBelowHeader(
  cells: readonly string[],
  roles: ColumnRoles,
  schema: Schema,
): 'title' | 'second_header' | undefined {
  const features = roles.features.filter((column) => column >= 0);
  const texts = features.map((column) => plainText(cells[column] ?? ''));
  const filled = texts.filter((text) => text !== '');
  if (filled.some((text) => looksNumeric(text) || isMissing(text, schema))) return undefined;
  if (/^(#|\/\/|%)/.test(cells[0]?.trim() ?? '') || isRuler(cells)) return 'title';
  // A cell of one number and signs is a value that cannot be read; a label or unit has letters, a range two numbers.
  if (filled.some((text) => VALUE_WITH_SIGNS.test(text))) return undefined;
  // With an identifier or a class it is a record, however little can be read of it.
  if (roles.label >= 0 && parseLabel(cells[roles.label] ?? '', schema) !== undefined) return undefined;
  const id = roles.id >= 0 ? (cells[roles.id] ?? '') : '';
  return filled.length * 2 > features.length && !/\d/.test(id) ? 'second_header' : undefined;
}

/** The delimiter that a `sep=` line of a spreadsheet declares. */
export function separatorOf(firstLine: string): string | undefined {
  return /^"?sep=(.)"?;*,*$/i.exec(firstLine.trimEnd())?.[1] ?? (/^"?sep=\t"?$/i.test(firstLine) ? '\t' : undefined);
}
