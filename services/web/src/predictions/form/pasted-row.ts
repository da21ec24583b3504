import type { Feature } from '@cytoqueue/client';
import { parseFeatureValue } from './feature-value';
import { TEXTS } from './texts';

/** One interpretation of pasted text. It always fills every field. */
export interface Interpretation {
  /** Texts in feature order; an empty cell stays empty. */
  values: string[];
  /** Sender's reference of the record. */
  reference?: string;
  /** Class after the values, or the cells below other column names; not used. */
  notUsed?: string;
}

/** `certain`: only one interpretation is possible. Otherwise the user chooses one or none. */
export type PastedRow =
  | { kind: 'interpretations'; interpretations: [Interpretation, ...Interpretation[]]; certain: boolean }
  | { kind: 'value'; text: string }
  | { kind: 'refused'; reason: string };

const WHITE_SPACE = /\s+/;
const SEPARATORS = [/\t/, /;/, /\|/, /,/, WHITE_SPACE];
const NAMED_CLASS = /^(benign|malignant|b|m)$/i;
/** Class codes that are also grades, so that a surplus cell could be mistaken for a class. */
const CLASS_CODE = /^[0124]$/;
/** Class codes of the Wisconsin data. As a last cell they are a class more often than a grade of mitoses. */
const WISCONSIN_CLASS_CODE = /^[24]$/;
const LABEL_NAME = /^(class|label|diagnosis|outcome)$/;
/** Longer cells are no references; the API would refuse them. */
const MAX_REFERENCE_LENGTH = 256;
/** Marks without a glyph that web pages and documents put into copied text: byte order, direction, zero width. */
const INVISIBLE_MARKS = /\p{Cf}/gu;
const ID_NAME = /^(id|sample_?(id|code_number)|patient(_id)?|record_id|case_id|reference)$/;
const MAX_CELLS = 200;

/**
 * Parses one record from pasted text: a row, a column, or a header with its row. It accepts all values or none, because
 * shifted values would be scored like valid ones. When two interpretations are possible, or the first of nine values
 * could be a record number, it returns a question, not a guess.
 */
export function parsePastedRow(text: string, features: readonly Feature[]): PastedRow {
  const pasted = text
    .replaceAll(INVISIBLE_MARKS, '')
    .split(/\r\n|\r|\n/)
    .map((line) => line.replace(/[ \t]+$/, ''));
  const lines = pasted.filter((line) => line.trim() !== '');
  const first = lines[0];
  if (first === undefined) return { kind: 'refused', reason: TEXTS.pastedRow.noText };
  if (lines.length === 1 && cellsOf(first).every((cells) => cells.length === 1))
    return { kind: 'value', text: first.trim() };
  const found = distinctCandidates(
    [...tables(lines), ...markdownTables(lines), ...singleColumnTable(pasted)].flatMap((table) =>
      parseTable(table, features),
    ),
  );
  const [candidate, ...others] = found;
  if (candidate === undefined) return { kind: 'refused', reason: rejectionReason(lines, features) };
  return {
    kind: 'interpretations',
    interpretations: [candidate.interpretation, ...others.map((other) => other.interpretation)],
    certain: others.length === 0 && candidate.certain,
  };
}

interface Candidate {
  interpretation: Interpretation;
  certain: boolean;
}

interface Table {
  rows: string[][];
  /** Whether an empty cell would show. White space cannot hold one, so the values behind it may have shifted. */
  keepsEmptyCells: boolean;
}

/** Splits lines into cells, once for each possible separator. */
function tables(lines: string[]): Table[] {
  return SEPARATORS.filter((separator) => lines.some((line) => separator.test(line.trim())))
    .map((separator) => ({
      rows: lines.map((line) => split(line, separator)),
      keepsEmptyCells: separator !== WHITE_SPACE,
    }))
    .filter(({ rows }) => rows.every((row) => row.length <= MAX_CELLS));
}

/** Strips the outer bars of Markdown rows; they do not enclose empty cells. */
function markdownTables(lines: string[]): Table[] {
  const framed = lines.map((line) => /^\|(.*)\|$/.exec(line.trim())?.[1]);
  return framed.every((line) => line !== undefined)
    ? [{ rows: framed.map((line) => split(line, /\|/)), keepsEmptyCells: true }]
    : [];
}

/**
 * Takes each line as a cell. A blank line before the last value is an empty cell; dropping it would shift the values
 * after it.
 */
function singleColumnTable(pasted: string[]): Table[] {
  const end = pasted.findLastIndex((line) => line.trim() !== '') + 1;
  return end > 1 && end <= MAX_CELLS
    ? [{ rows: pasted.slice(0, end).map((line) => [unquote(line)]), keepsEmptyCells: true }]
    : [];
}

function cellsOf(line: string): string[][] {
  return SEPARATORS.map((separator) => split(line, separator));
}

/** Spaces at the ends of a line are ignored; a leading tab or comma means an empty first cell. */
function split(line: string, separator: RegExp): string[] {
  return (separator.source === '\\t' ? line : line.trim()).split(separator).map(unquote);
}

function unquote(cell: string): string {
  return cell
    .trim()
    .replace(/^"(.*)"$/s, '$1')
    .trim();
}

function parseTable({ rows: table, keepsEmptyCells }: Table, features: readonly Feature[]): Candidate[] {
  if (table.length === 1) {
    const candidates = parseCells(table[0] as string[], features);
    return candidates.map(({ interpretation, certain }) => ({ interpretation, certain: certain && keepsEmptyCells }));
  }
  const [header, ...rows] = table as [string[], ...string[][]];
  if (rows.length === 1) return parseNamed(header, rows[0] as string[], features);
  if (table.every((row) => row.length === 1))
    return parseCells(
      table.map(([cell]) => cell as string),
      features,
    );
  if (table.every((row) => row.length === 2))
    return parseNamed(
      table.map(([name]) => name as string),
      table.map(([, value]) => value as string),
      features,
    );
  return [];
}

/**
 * Reads values below a header, in any order. Without a column named as an identifier, another column may hold it, so
 * the user is asked and shown what is not used.
 */
function parseNamed(names: string[], values: string[], features: readonly Feature[]): Candidate[] {
  const folded = names.map(normalizeName);
  const columns = features.map((feature) => {
    const known = [feature.name, feature.title, ...feature.aliases].map(normalizeName);
    return folded.flatMap((name, column) => (known.includes(name) ? [column] : []));
  });
  if (columns.some((found) => found.length !== 1)) return [];
  // A row with another number of cells than its header has lost or gained a cell.
  if (trimEnd(values, names.length).length !== names.length) return [];
  const ids = folded.flatMap((name, column) => (ID_NAME.test(name) ? [column] : []));
  const reference = ids.length === 1 ? values[ids[0] as number] : undefined;
  const picked = columns.map(([column]) => values[column as number] as string);
  if (!areValid(picked, features) || (reference ?? '').length > MAX_REFERENCE_LENGTH) return [];
  const used = [...columns.flat(), ...(ids.length === 1 ? ids : [])];
  const others = names.flatMap((name, column) =>
    used.includes(column) || LABEL_NAME.test(folded[column] as string) || values[column] === ''
      ? []
      : [`${name}: ${values[column] as string}`],
  );
  const hasReference = reference !== undefined && reference !== '';
  return [
    {
      interpretation: {
        values: picked,
        ...(hasReference ? { reference } : {}),
        ...(others.length > 0 && !hasReference ? { notUsed: others.join(', ') } : {}),
      },
      certain: hasReference || others.length === 0,
    },
  ];
}

function normalizeName(name: string): string {
  return name
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .replaceAll(/[\s._-]+/g, '_');
}

/** Reads cells without a header: the values, optionally with a reference before and a class after them. */
function parseCells(given: string[], features: readonly Feature[]): Candidate[] {
  const count = features.length;
  const cells = trimEnd(given, count);
  const [first = ''] = cells;
  const last = cells.at(-1) ?? '';
  const isReference = first !== '' && first.length <= MAX_REFERENCE_LENGTH;
  // A reference that could itself be a value is ambiguous.
  const certain = parseFeatureValue(first, features[0] as Feature).kind === 'invalid';
  const isClass = NAMED_CLASS.test(last) || CLASS_CODE.test(last);
  const candidates: Candidate[] = [];
  const add = (start: number, candidate: Omit<Interpretation, 'values'>, isCertain: boolean): void => {
    const values = cells.slice(start, start + count);
    if (areValid(values, features)) candidates.push({ interpretation: { values, ...candidate }, certain: isCertain });
  };
  if (cells.length === count) add(0, {}, false);
  // Without one of its values, a row that ends with a class is as long as a whole one.
  if (cells.length === count + 1 && isReference)
    add(1, { reference: first }, certain && !WISCONSIN_CLASS_CODE.test(last));
  if (cells.length === count + 1 && isClass) add(0, { notUsed: last }, false);
  if (cells.length === count + 2 && isReference && isClass)
    add(1, { reference: first, notUsed: last }, certain && NAMED_CLASS.test(last));
  return candidates;
}

/** Drops surplus empty cells at the end, as a trailing separator leaves them. */
function trimEnd(cells: string[], count: number): string[] {
  let end = cells.length;
  while (end > count && cells[end - 1] === '') end--;
  return cells.slice(0, end);
}

function areValid(values: string[], features: readonly Feature[]): boolean {
  return (
    values.length === features.length &&
    values.every((value, index) => parseFeatureValue(value, features[index] as Feature).kind !== 'invalid') &&
    values.some((value) => value !== '')
  );
}

function distinctCandidates(candidates: Candidate[]): Candidate[] {
  const byContent = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const key = JSON.stringify(candidate.interpretation);
    const same = byContent.get(key);
    byContent.set(key, same === undefined || candidate.certain ? candidate : same);
  }
  return [...byContent.values()];
}

function rejectionReason(lines: string[], features: readonly Feature[]): string {
  if (lines.length > 1) return TEXTS.pastedRow.severalLines(lines.length);
  const cells = cellsOf(lines[0] as string).find((found) => found.length > 1) ?? [];
  const count = trimEnd(cells, features.length).length;
  if (count !== features.length) return TEXTS.pastedRow.otherCount(count, features.length);
  const place = cells.findIndex(
    (cell, index) => parseFeatureValue(cell, features[index] as Feature).kind === 'invalid',
  );
  const { title } = features[place] as Feature;
  const fault = parseFeatureValue(cells[place] as string, features[place] as Feature);
  return TEXTS.pastedRow.misfit(place + 1, title, fault.kind === 'invalid' ? fault.message : '');
}
