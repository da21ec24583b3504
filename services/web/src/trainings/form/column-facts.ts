import type { TableStart } from './table-start';

/** A column that can be a feature. */
export interface NumericColumn {
  name: string;
  isInteger: boolean;
  min: number;
  max: number;
  /** Different texts that are neither a number nor a word for "not measured"; rows with them are refused. */
  otherTexts: string[];
  /** Whether it seems to number the rows or to name patients, so that it is not chosen unless the user does so. */
  isLikelyIdentifier: boolean;
}

/** Texts that always mean "not measured". */
const MISSING = ['', '?', 'na', 'nan'];
const IDENTIFIER = /^(.*[\s_-])?(id|nr|no|number|code|patient|case|fall|fallnummer|row)[\s_.-]*$/i;
const NUMBER = /^[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?$/i;
/** Fewer rows may have different whole numbers by chance. */
const MIN_NUMBERED_ROWS = 20;

/** The cell's number, with a decimal point or comma; undefined for anything else. */
function parseCell(cell: string): number | undefined {
  const text = cell.trim();
  return NUMBER.test(text) ? Number(text.replace(',', '.')) : undefined;
}

function isMissing(cell: string, missingWords: readonly string[]): boolean {
  const text = cell.trim().toLowerCase();
  return MISSING.includes(text) || missingWords.some((word) => word.trim().toLowerCase() === text);
}

/** The columns of which at least half the measured cells are numbers. */
export function numericColumns({ columns, rows }: TableStart, missingWords: readonly string[]): NumericColumn[] {
  return columns.flatMap((name, index) => {
    if (name === '' || columns.indexOf(name) !== index) return [];
    const cells = rows.map((row) => row[index] ?? '').filter((cell) => !isMissing(cell, missingWords));
    const numbers = cells.map(parseCell).filter((value) => value !== undefined);
    if (numbers.length === 0 || numbers.length * 2 < cells.length) return [];
    const isInteger = numbers.every(Number.isInteger);
    const otherTexts = cells.filter((cell) => parseCell(cell) === undefined).map((cell) => cell.trim());
    const isNumbering = isInteger && numbers.length >= MIN_NUMBERED_ROWS && new Set(numbers).size === numbers.length;
    return {
      name,
      isInteger,
      min: numbers.reduce((a, b) => Math.min(a, b)),
      max: numbers.reduce((a, b) => Math.max(a, b)),
      otherTexts: [...new Set(otherTexts)],
      isLikelyIdentifier: isNumbering || IDENTIFIER.test(name),
    };
  });
}

/** The different texts of a column, without those that mean "not measured", in the order of their first row. */
export function distinctTexts(
  { columns, rows }: TableStart,
  column: string,
  missingWords: readonly string[],
): string[] {
  const index = columns.indexOf(column);
  const byText = new Map<string, string>();
  for (const row of rows) {
    const text = (row[index] ?? '').trim();
    const key = text.toLowerCase();
    if (!isMissing(text, missingWords) && !byText.has(key)) byText.set(key, text);
  }
  return [...byText.values()];
}
