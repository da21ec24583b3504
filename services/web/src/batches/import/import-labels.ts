import type { ImportReport } from '@cytoqueue/client';

/** Texts about how a file was read. An unknown code is shown as it is. */

export const CONTAINER_LABELS: Readonly<Record<ImportReport['container'], string>> = {
  csv: 'CSV',
  gzip: 'CSV, packed by gzip',
  zip: 'CSV in a zip archive',
  xlsx: 'Excel workbook',
  ods: 'OpenDocument spreadsheet',
  jsonl: 'JSON Lines',
  parquet: 'Parquet',
};

const DELIMITER_LABELS: Readonly<Record<string, string>> = {
  ',': 'comma',
  ';': 'semicolon',
  '\t': 'tab',
  '|': 'vertical bar',
  ' ': 'blanks',
};

export function delimiterLabel(delimiter: string): string {
  return DELIMITER_LABELS[delimiter] ?? delimiter;
}

export const DECIMAL_LABELS: Readonly<Record<ImportReport['decimal'], string>> = { '.': 'point', ',': 'comma' };

const WARNING_LABELS: Readonly<Record<string, string>> = {
  'ambiguous-class-codes': 'Class column with codes that are not used',
  'ambiguous-numbers': 'Numbers that can be read in two ways',
  'formulas-not-calculated': 'Formulas that were not calculated',
  'grade-scale': 'Possibly another grade scale',
  'hidden-rows': 'Hidden rows',
  'identifier-with-both-classes': 'Reference with both classes',
  'merged-cells': 'Merged cells',
  'no-identifier': 'Row without a reference',
  'quote-spans-rows': 'Quotation mark that may swallow rows',
  'rounded-identifier': 'Reference rounded by a spreadsheet',
  'second-header': 'Second header row skipped',
};

export function warningLabel(code: string): string {
  return WARNING_LABELS[code] ?? code.replaceAll(/[-_]/g, ' ').replace(/^./, (first) => first.toUpperCase());
}

/** `2 title lines, 1 second header row`; empty when no row was skipped. */
export function skippedRowsText({
  title,
  second_header,
  repeated_header,
  empty,
}: ImportReport['skipped_rows']): string {
  const kinds = [
    [title, 'title or comment line'],
    [second_header, 'second header row'],
    [repeated_header, 'repeated header row'],
    [empty, 'empty row'],
  ] as const;
  return kinds
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${count.toLocaleString('en')} ${name}${count === 1 ? '' : 's'}`)
    .join(', ');
}
