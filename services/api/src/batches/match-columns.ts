import { DELIMITERS } from '@cytoqueue/csv';
import {
  type FieldError,
  type HeaderMatch,
  type Schema,
  SchemaError,
  countFeatureColumns,
  matchFeature,
  matchHeader,
  normalizeName,
  schemas,
  featureAt,
  isNamedAs,
} from '@cytoqueue/schema';
import type { ImportSettings } from '@cytoqueue/tabular';
import { Problem, type ProblemOptions } from '../http/problem';

export interface ColumnReport {
  column: string;
  used_as: 'feature' | 'label' | 'id' | 'carried';
  feature?: string;
  matched_by?: 'name' | 'alias' | 'profile';
  /** The missing feature with the most similar name. */
  suggestion?: string;
}

/** A header that does not match the model, with the possible use of each column. */
export class HeaderProblem extends Problem {
  constructor(
    detail: string,
    options: ProblemOptions,
    readonly columns: ColumnReport[],
  ) {
    super('invalid-csv', detail, options);
  }
}

/** The use of each column of a file that fits. */
export function reportColumns(
  { columns, featureColumns, matchedBy, labelColumn, idColumn }: HeaderMatch,
  schema: Schema,
): ColumnReport[] {
  return columns.map((column, index) => {
    const feature = featureColumns.indexOf(index);
    if (feature >= 0)
      return {
        column,
        used_as: 'feature',
        feature: featureAt(schema, feature).name,
        matched_by: matchedBy[feature] ?? 'name',
      };
    if (index === labelColumn) return { column, used_as: 'label' };
    return { column, used_as: index === idColumn ? 'id' : 'carried' };
  });
}

/** Errors of headers whose column names are meaningless. */
const NAMELESS = ['ambiguous-columns', 'no-header'];

/** The use of each column of a file that does not match, as far as its name or the profile determines it. */
function reportMismatch(
  columns: string[],
  schema: Schema,
  { code, unmatched }: SchemaError,
  mapping: ReadonlyMap<string, string>,
): ColumnReport[] {
  const mapped = new Set(mapping.values());
  return columns.map((column) => {
    const name = normalizeName(column);
    const meaning = mapping.get(name);
    if (meaning === 'id' || meaning === 'label') return { column, used_as: meaning };
    if (meaning !== undefined) return { column, used_as: 'feature', feature: meaning, matched_by: 'profile' };
    if (NAMELESS.includes(code)) return { column, used_as: 'carried' };
    const match = matchFeature(column, schema);
    const feature = match && featureAt(schema, match.featureIndex).name;
    if (feature !== undefined && !mapped.has(feature))
      return { column, used_as: 'feature', feature, matched_by: match?.matchedBy };
    if (isNamedAs(column, schema.labelColumns)) return { column, used_as: 'label' };
    if (isNamedAs(column, schema.idColumns)) return { column, used_as: 'id' };
    const suggestion = unmatched.find((other) => other.column === column)?.suggestion;
    return { column, used_as: 'carried', ...(suggestion !== undefined && { suggestion }) };
  });
}

/** Matches a file's columns to the model's features. @throws Problem 422 that names each column that is missing or ambiguous */
export function matchColumnsOrReject(
  columns: string[],
  { schema, profile }: ImportSettings,
  line: number | null,
): HeaderMatch {
  const mapping = new Map(
    Object.entries(profile?.content.columns ?? {}).map(
      ([meaning, column]) => [normalizeName(column), meaning] as const,
    ),
  );
  try {
    return matchHeader(columns, schema, mapping);
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    const errors = error.errors.map((item: FieldError) => ({
      row: 0,
      ...(line !== null && { line }),
      ...item,
      column: item.column ?? item.field,
    }));
    const detail = describeMismatch(columns, schema, error, line);
    throw new HeaderProblem(detail, { errors, cause: error }, reportMismatch(columns, schema, error, mapping));
  }
}

const MAX_NAMED = 8;
const REMEDY =
  'Rename them in the file, or save an import profile that maps them (web app: check the file there; command: cytoqueue profiles save).';

function describeMismatch(
  columns: string[],
  schema: Schema,
  { errors, unmatched }: SchemaError,
  line: number | null,
): string {
  const where = `Line ${line ?? 1}`;
  const others = errors.filter(({ code }) => code !== 'missing-column');
  if (others.length > 0) return others.map(({ detail }) => asSentence(detail)).join(' ');
  const delimiter = otherDelimiter(columns, schema);
  if (delimiter !== undefined && isDelimiter(delimiter))
    return `${where} has all names in one cell. Remove the quotes around whole lines; in a workbook, split the column (in Excel: Data, Text to Columns).`;
  if (delimiter !== undefined)
    return `${where} seems to separate the columns by ${describeDelimiter(delimiter)}; use a comma, a semicolon, a tab or a bar.`;
  const lacks = `${where} lacks ${errors.length} of ${schema.features.length} columns.`;
  const named = unmatched.slice(0, MAX_NAMED).map(({ column, suggestion }) => {
    const text = JSON.stringify(column.slice(0, 60));
    return suggestion === undefined ? text : `${text} (did you mean ${suggestion}?)`;
  });
  const more = unmatched.length > MAX_NAMED ? ` and ${unmatched.length - MAX_NAMED} more` : '';
  const unknown = named.length === 0 ? '' : ` Not recognised in your file: ${named.join(', ')}${more}. ${REMEDY}`;
  return `${lacks}${unknown}${suggestModel(columns, schema)}`;
}

function isDelimiter(character: string): boolean {
  return DELIMITERS.some((delimiter) => delimiter === character);
}

/** The character by which a header that is one column falls into names of features. */
function otherDelimiter([header, ...others]: readonly string[], schema: Schema): string | undefined {
  if (header === undefined || others.length > 0) return undefined;
  return [...new Set(header.match(/\\t|[^\p{L}\p{N} "_.-]/gu) ?? [])].find(
    (character) => countFeatureColumns(header.split(character), schema) > 1,
  );
}

/** Blanks other than U+0020 look like it, so their code is shown. */
function describeDelimiter(delimiter: string): string {
  const escape = (blank: string) => `\\u${blank.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(delimiter).replace(/\s/g, escape);
}

function asSentence(detail: string): string {
  return `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`;
}

/** Names another data set when the file has every feature of that one. */
function suggestModel(columns: string[], schema: Schema): string {
  const other = Object.values(schemas).find(
    (candidate) => candidate !== schema && countFeatureColumns(columns, candidate) === candidate.features.length,
  );
  return other === undefined
    ? ''
    : ` The columns are those of ${other.title} data: choose a model for those, such as model=${other.id}-knn.`;
}
