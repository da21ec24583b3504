import { quote } from './errors';
import type { HeaderMatch } from './header';
import { plainText } from './plain-text';
import type { Feature, Schema } from './schema';
import { type ValueErrorCode, checkValue, isMissing, parseCell, valueErrorText, valueHint } from './value';

/** A row as a sample, or why it is none. */
export type RowResult =
  | {
      readonly ok: true;
      /** One value per feature in the schema's order; NaN where not measured. */
      readonly sample: Float64Array;
      /** Not 0 when a feature was not measured; bit f modulo 32 stands for feature f. */
      readonly missingMask: number;
    }
  | {
      readonly ok: false;
      readonly code: string;
      /**
       * Names every bad cell by the file's own column names. Holds cell contents: for the errors file, never for logs.
       */
      readonly detail: string;
      /** The first bad cell's column. */
      readonly column?: string;
    };

const MAX_LISTED_CELLS = 100;

interface CellRejection {
  readonly code: string;
  readonly column: string;
  readonly detail: string;
}

/** Turns the cells of one data row into a sample. Only the columns matched to features are looked at. */
export function parseRow(cells: string[], match: HeaderMatch, schema: Schema): RowResult {
  if (cells.length !== match.columns.length)
    return { ok: false, code: 'column-count', detail: describeCellCount(cells, match.columns.length) };
  const sample = new Float64Array(schema.features.length);
  let missingMask = 0;
  const errors: CellRejection[] = [];
  schema.features.forEach((feature, index) => {
    const column = match.featureColumns[index] ?? -1;
    const text = plainText(cells[column] ?? '');
    if (isMissing(text, schema)) {
      sample[index] = NaN;
      missingMask |= 1 << index;
      return;
    }
    const value = parseCell(text, feature);
    sample[index] = value;
    const code = checkValue(value, feature);
    if (code === undefined) return;
    const given = plainText(cells[match.textColumns?.[index] ?? column] ?? text);
    errors.push(rejectCell(code, { text, given }, feature, match.columns[column] ?? feature.name));
  });
  const [firstError] = errors;
  if (firstError !== undefined) return rejectCells(firstError, errors);
  const names = missingMask === 0 ? [] : missingColumns(sample, schema, match);
  return names.length > schema.maxMissing ? rejectMissing(names, schema) : { ok: true, sample, missingMask };
}

function rejectCell(
  code: ValueErrorCode,
  { text, given }: { text: string; given: string },
  feature: Feature,
  column: string,
): CellRejection {
  return {
    code,
    column,
    detail: `${column}: ${quote(given)} ${valueErrorText(code, feature)}${valueHint(text, code)}`,
  };
}

function missingColumns(sample: Float64Array, schema: Schema, match: HeaderMatch): string[] {
  return schema.features.flatMap(({ name }, index) =>
    Number.isNaN(sample[index]) ? [match.columns[match.featureColumns[index] ?? -1] ?? name] : [],
  );
}

/** Shows every cell: which of them belongs to which column, only the sender can tell. */
export function describeCellCount(cells: string[], columns: number): string {
  const counts = `row has ${cells.length} ${cells.length === 1 ? 'cell' : 'cells'}, the header ${columns}`;
  const within = listCells(cells.slice(0, columns));
  const beyond = cells.length > columns ? `; beyond the header: ${listCells(cells.slice(columns))}` : '';
  // Rows of a part with other line ends are one row here; the sender has to learn that it is several.
  const joined = cells.some((cell) => /[\r\n]/.test(cell))
    ? '; some cells hold line ends, perhaps of further rows'
    : '';
  return `${counts}${joined}${describeOtherDelimiter(cells, columns)}: ${within}${beyond}`;
}

/** Says by which delimiter a row that is one cell would have as many as the header. */
function describeOtherDelimiter([cell = '', ...others]: string[], columns: number): string {
  if (others.length > 0 || columns < 2) return '';
  const delimiter = [',', ';', '\t', '|'].find((character) => cell.split(character).length === columns);
  return delimiter === undefined
    ? ''
    : `; separated by ${JSON.stringify(delimiter)} it has as many: the row has another delimiter, or stands in quotes as a whole`;
}

/** Cells for an error's detail: quoted, cut, and no more than a reader can take in. */
export function listCells(cells: readonly string[]): string {
  const shown = cells.slice(0, MAX_LISTED_CELLS).map(quote).join(', ');
  return cells.length > MAX_LISTED_CELLS ? `${shown} and ${cells.length - MAX_LISTED_CELLS} more` : shown;
}

function rejectCells({ code, column }: CellRejection, errors: readonly CellRejection[]): RowResult {
  return { ok: false, code, detail: errors.map(({ detail }) => detail).join('; '), column };
}

function rejectMissing(names: string[], { maxMissing }: Schema): RowResult {
  const detail = `${names.length} features are not measured, at most ${maxMissing} may be: ${names.join(', ')}`;
  return { ok: false, code: 'too-many-missing', detail, column: names[0] };
}
