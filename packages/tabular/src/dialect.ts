import { DELIMITERS } from '@cytoqueue/csv';
import { separatorOf } from './preamble';
import type { Recognizer } from './recognizer';
import type { ColumnSeparator, ImportProfile } from './settings';
import type { SourceRow } from './source';
import { type TextDialect, TextRows, endsRowsByCr, lineEndOf } from './text-rows';

/** The first part of a text file, read with the dialect that was chosen for all of it. */
export interface TextStart {
  dialect: TextDialect;
  /** Whole rows of the first part. */
  rows: SourceRow[];
  /** The file begins with a `sep=` line. */
  separatorLine: boolean;
}

const SEPARATORS: readonly ColumnSeparator[] = [...DELIMITERS, ' '];
const MAX_SCORED_ROWS = 60;
/** In a header of names that are separated by blanks none stands. */
const OTHER_DELIMITER = /[,;\t|]/;
/** Declarations and comments of ARFF and KEEL files: their lists of attributes are no header. */
const DECLARATION = /^\s*[@%]/;
/** Rows by which a file is judged. */
export const FIRST_PART_ROWS = 500;

/**
 * Chooses delimiter and line end by the first part of a file: the profile's, else that of a `sep=` line, else the one
 * with which some row names most features; where none does, the one that cuts most rows into equally many cells.
 * @param final the first part is the whole file
 */
export function chooseDialect(
  prefix: Buffer,
  final: boolean,
  recognizer: Recognizer,
  profile: ImportProfile = {},
): TextStart {
  const lineEnd = lineEndOf(prefix);
  const firstLine = prefix.toString('utf8', 0, Math.max(0, prefix.indexOf(lineEnd)));
  const declared = separatorOf(firstLine);
  const wanted = SEPARATORS.find((separator) => separator === declared);
  const sure = profile.delimiter ?? (declared === undefined ? sureDelimiter(firstLine, recognizer) : undefined);
  const readings = (sure === undefined ? SEPARATORS : [sure]).map((delimiter) =>
    readFirstRows(prefix, final, { delimiter, lineEnd, mixed: endsRowsByCr(prefix, delimiter) }),
  );
  const [first, second] = readings;
  const reading = first !== undefined && second === undefined ? first : bestReading(readings, wanted, recognizer);
  return { ...reading, separatorLine: declared !== undefined };
}

type Reading = Omit<TextStart, 'separatorLine'>;

/** The delimiter with which the first line names every feature: most files need no comparison. */
function sureDelimiter(firstLine: string, recognizer: Recognizer): ColumnSeparator | undefined {
  return DELIMITERS.find(
    (delimiter) => recognizer.score(firstLine.replaceAll('"', '').split(delimiter)) === recognizer.featureCount,
  );
}

function bestReading(
  readings: readonly Reading[],
  wanted: ColumnSeparator | undefined,
  recognizer: Recognizer,
): Reading {
  const scored = readings.map((reading) => ({
    reading,
    score: scoreOf(reading, recognizer),
    width: usualWidth(reading),
  }));
  const declared = scored.find(({ reading, score }) => reading.dialect.delimiter === wanted && score > 0);
  const best = scored.reduce((a, b) =>
    b.score > a.score || (b.score === a.score && b.score === 0 && b.width > a.width) ? b : a,
  );
  return (declared ?? best).reading;
}

/** Reads the first rows of a file. @param final the prefix is the whole file */
export function readFirstRows(prefix: Buffer, final: boolean, dialect: TextDialect): Reading {
  const reader = new TextRows(dialect, Number.POSITIVE_INFINITY);
  const rows = reader.push(prefix, FIRST_PART_ROWS);
  if (final && rows.length < FIRST_PART_ROWS && !reader.isOpen) rows.push(...reader.end());
  return { dialect, rows };
}

/** Names that hold blanks must not make blanks the delimiter: these need a whole header. */
function scoreOf({ dialect, rows }: Reading, recognizer: Recognizer): number {
  const first = rows.slice(0, MAX_SCORED_ROWS).filter(({ cells }) => !DECLARATION.test(cells[0] ?? ''));
  const headers =
    dialect.delimiter === ' '
      ? first.filter(({ cells }) => recognizer.isHeader(cells) && !cells.some((cell) => OTHER_DELIMITER.test(cell)))
      : first;
  return Math.max(0, ...headers.map(({ cells }) => recognizer.score(cells)));
}

/**
 * How many rows have the most usual number of cells, unless that is one. Free text has many blanks, so these count as
 * none.
 */
function usualWidth({ dialect, rows }: Reading): number {
  if (dialect.delimiter === ' ') return 0;
  const widths = new Map<number, number>();
  for (const { cells } of rows.slice(0, MAX_SCORED_ROWS))
    if (cells.length > 1) widths.set(cells.length, (widths.get(cells.length) ?? 0) + 1);
  return Math.max(0, ...widths.values());
}
