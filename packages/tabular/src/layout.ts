import { type Schema, featureAt, parseCell, parseLabel, plainText } from '@cytoqueue/schema';
import { nameAttributes } from './attribute-header';
import { type NumberFormat, canonicalNumber, decideNumberFormat, looksNumeric } from './cells';
import { TabularError } from './error';
import { describeOtherScale } from './grade-scale';
import { findNonRecordsBelowHeader, findHeader, rejectNamesInColumn } from './preamble';
import { isBlank } from './records';
import type { ColumnRoles, Recognizer } from './recognizer';
import type { ImportLog } from './report';
import type { ImportProfile } from './settings';
import type { SourceRow } from './source';

/** Decisions about a file, made once from its first part. No later row changes them. */
export interface Layout {
  /** The columns' names, trimmed. */
  columns: string[];
  /** Index of the header among all rows, empty ones included. */
  headerIndex: number;
  headerLine: number | null;
  /** Physical line after the header; 1 where a container has no lines. */
  firstLine: number;
  /** Rows below the header that are not records, by index. */
  nonRecordsBelowHeader: ReadonlyMap<number, 'title' | 'second_header'>;
  roles: ColumnRoles;
  /** Number of empty cells at the end of every row for which the header has no name. */
  surplusCells: number;
  /**
   * `pad`: each cell names its column (workbooks). `dropped`: the program that wrote the file omitted empty last cells.
   */
  shortRows: 'reject' | 'dropped' | 'pad';
  numbers: NumberFormat;
  /** Text of a warning about grades that seem to stand on another scale than the schema's. */
  otherScale: string | undefined;
}

export const KEEP_LINE_ENDS =
  'rows end by LF, CR LF or CR. curl -d strips these: send it with --data-binary @FILE instead';

export interface LayoutOptions {
  schema: Schema;
  profile: ImportProfile | undefined;
  maxColumns: number;
  /** Each cell names its column, as in a workbook, so that cells of a short row cannot be shifted. */
  hasFixedColumns: boolean;
}

/** @throws TabularError when no row can be the header, or the header cannot belong to the rows below it */
export function decideLayout(
  firstPart: readonly SourceRow[],
  recognizer: Recognizer,
  options: LayoutOptions,
  log: ImportLog,
): Layout {
  const { rows, header } = nameAttributes(firstPart);
  if (rows.every(({ cells }) => isBlank(cells))) throw new TabularError('empty-file', 'the file is empty');
  const headerIndex = header ?? findHeader(rows, recognizer, options.profile);
  const headerRow = rows[headerIndex];
  if (headerRow === undefined) throw new RangeError(`the file has no row ${headerIndex}`);
  const names = headerRow.cells.map((cell) => cell.trim());
  rejectNamesInColumn(rows, names, recognizer);
  if (rows.length === 1 && !options.hasFixedColumns && holdsRecords(names, recognizer)) throw noLineEnds();
  if (names.length > options.maxColumns) {
    throw new TabularError(
      'too-many-columns',
      `the header has ${names.length} columns; at most ${options.maxColumns} are allowed`,
    );
  }
  const nonRecordsBelowHeader = findNonRecordsBelowHeader(rows, headerIndex, recognizer.roles(names), options.schema);
  const records = rows.filter(({ cells, fault }, index) => {
    return (
      index > headerIndex &&
      fault === undefined &&
      !nonRecordsBelowHeader.has(index) &&
      !isBlank(cells) &&
      !isHeader(cells, recognizer)
    );
  });
  const width = options.hasFixedColumns
    ? fixedWidth(names, records)
    : textWidth(names, records, recognizer, options.schema, log);
  const roles = recognizer.roles(width.columns);
  const numbers = decideNumbers(records, roles, options, log);
  const { line, lines = 1 } = headerRow;
  return {
    ...width,
    headerIndex,
    headerLine: line,
    firstLine: (line ?? 0) + lines,
    nonRecordsBelowHeader,
    roles,
    numbers,
    otherScale: describeOtherScale(readValues(records, roles, numbers, options.schema), options.schema),
  };
}

/** Whether a record follows the header on the same line. */
function holdsRecords(names: readonly string[], recognizer: Recognizer): boolean {
  return recognizer.isHeader(names) && names.filter(looksNumeric).length >= recognizer.featureCount - 1;
}

function noLineEnds(): TabularError {
  const message = `the file is one line that holds header and records; ${KEEP_LINE_ENDS}`;
  return new TabularError('no-line-ends', message, { line: 1 });
}

/** Looks up names only if no cell is a number, because every record has numbers. */
function isHeader(cells: readonly string[], recognizer: Recognizer): boolean {
  return !cells.some(looksNumeric) && recognizer.isHeader(cells);
}

const surplus = (count: number): string => (count === 1 ? 'one more delimiter' : `${count} more delimiters`);

type Width = Pick<Layout, 'columns' | 'surplusCells' | 'shortRows'>;

/** Gives cells beyond the header the name '': in a sheet their column is certain. */
function fixedWidth(names: string[], records: readonly SourceRow[]): Width {
  const filled = (cells: readonly string[]) => cells.findLastIndex((cell) => cell !== '') + 1;
  const width = records.reduce((most, { cells }) => Math.max(most, filled(cells)), filled(names));
  return {
    columns: Array.from({ length: width }, (_, index) => names[index] ?? ''),
    surplusCells: 0,
    shortRows: 'pad',
  };
}

/**
 * Repairs what every row of the first part has in common, and nothing else: a repair row by row would shift cells
 * unnoticed.
 */
function textWidth(
  names: string[],
  records: readonly SourceRow[],
  recognizer: Recognizer,
  schema: Schema,
  log: ImportLog,
): Width {
  const strict: Width = { columns: names, surplusCells: 0, shortRows: 'reject' };
  const widths = new Set(records.map(({ cells }) => cells.length));
  /** The rows' number of cells, where all have the same. */
  const only = widths.size === 1 ? widths.values().next().value : undefined;
  const unnamed = names.length - 1 - names.findLastIndex((name) => name !== '');
  if (only !== undefined && only < names.length && names.length - only <= unnamed) {
    log.repair(
      'header-ends-with-delimiter',
      `The header ends with ${surplus(names.length - only)} than the rows; the surplus was left out.`,
    );
    return { ...strict, columns: names.slice(0, only) };
  }
  const longer = records.filter(({ cells }) => cells.length === names.length + 1);
  const roles = recognizer.roles(names);
  const areAllLonger = records.length > 1 && longer.length === records.length;
  if (longer.length > 0 && lacksRowNames(records, roles)) throw headerShort(names.length, areAllLonger);
  if (
    only !== undefined &&
    only > names.length &&
    records.every(({ cells }) => cells.slice(names.length).every((cell) => cell.trim() === ''))
  ) {
    log.repair(
      'rows-end-with-delimiter',
      `Every row ends with ${surplus(only - names.length)} than the header; the surplus was left out.`,
    );
    return { ...strict, surplusCells: only - names.length };
  }
  if (areAllLonger) throw headerShort(names.length, true);
  const dropped = records.some(
    ({ cells }) => cells.length < names.length && lacksOnlyUnusedCells(cells, roles, names.length, schema),
  );
  if (!dropped) return strict;
  log.repair(
    'dropped-trailing-cells',
    'Rows end early where their last cells are empty; such rows were filled up where the class column shows that no other cell is missing.',
  );
  return { ...strict, shortRows: 'dropped' };
}

/** A number that is no class, but a value of the column on its left. */
const FRACTION = /^\d*[.,]\d*[1-9]\d*$/;

/** Whether the header has no name for the row names of R, so that each name stands above the cell left of its own. */
function lacksRowNames(records: readonly SourceRow[], { features, label }: ColumnRoles): boolean {
  const [first] = records;
  const start = Number(first?.cells[0]);
  const holdsRowNumbers =
    records.length > 1 &&
    (start === 0 || start === 1) &&
    records.every(({ cells: [cell = ''] }, index) => cell.trim() === String(start + index));
  return (
    (features.includes(0) && holdsRowNumbers) ||
    (label >= 0 && records.every(({ cells }) => FRACTION.test(plainText(cells[label] ?? ''))))
  );
}

function headerShort(columns: number, areAllLonger: boolean): TabularError {
  const message =
    `the header names ${columns} columns and ${areAllLonger ? 'every row has' : 'rows have'} ${columns + 1} cells, so it is unclear which name belongs to which cell; ` +
    'name every column (in R: write.csv, or write.table with col.names = NA)';
  return new TabularError('header-short', message, { line: 1 });
}

/**
 * Whether a short row ends after its known class: the class column holds one of the model's own spellings, and no
 * column after the last cell is used. A row that lost a cell further left has something else in the place of the class.
 */
export function lacksOnlyUnusedCells(
  cells: readonly string[],
  roles: ColumnRoles,
  columns: number,
  schema: Schema,
): boolean {
  const { features, id, label } = roles;
  if (cells.length >= columns || label < 0 || features.some((column) => column < 0 || column > label) || id > label)
    return false;
  const text = cells[label];
  return text !== undefined && parseLabel(text, schema) !== undefined;
}

/** The features' values of rows as wide as the header needs, in no particular order. */
function readValues(
  records: readonly SourceRow[],
  { features }: ColumnRoles,
  numbers: NumberFormat,
  schema: Schema,
): number[][] {
  const last = Math.max(...features);
  return records
    .filter(({ cells }) => cells.length > last)
    .map(({ cells }) =>
      features.flatMap((column, feature) =>
        column < 0
          ? []
          : parseCell(plainText(canonicalNumber(cells[column] ?? '', numbers)), featureAt(schema, feature)),
      ),
    );
}

function decideNumbers(
  records: readonly SourceRow[],
  roles: ColumnRoles,
  { schema, profile }: LayoutOptions,
  log: ImportLog,
): NumberFormat {
  const columns = roles.features.filter((column) => column >= 0);
  const cells = records.flatMap((row) => columns.map((column) => row.cells[column] ?? ''));
  const largest = Math.max(...schema.features.map(({ max }) => max));
  const { ambiguous, ...numbers } = decideNumberFormat(cells, largest, profile?.decimal);
  if (numbers.decimal === ',')
    log.repair('decimal-comma', 'The file writes decimal commas; a point before three digits groups thousands.');
  else if (numbers.grouped)
    log.repair('grouped-thousands', 'The file groups thousands; the marks were left out of the numbers.');
  if (ambiguous) {
    log.warn({
      code: 'ambiguous-numbers',
      detail:
        'Numbers such as "1,234" may have a decimal comma or group thousands, and nothing else in the file tells; say decimal in an import profile.',
    });
  }
  return numbers;
}
