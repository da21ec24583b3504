import type { ImportReport } from '@cytoqueue/client';
import { pluralize } from '../../ui/format';

/** Texts about how a file was read. */
export const TEXTS = {
  containers: {
    csv: 'CSV',
    gzip: 'CSV, packed by gzip',
    zip: 'CSV in a zip archive',
    xlsx: 'Excel workbook',
    ods: 'OpenDocument spreadsheet',
    jsonl: 'JSON Lines',
    parquet: 'Parquet',
  } satisfies Record<ImportReport['container'], string>,
  delimiters: {
    ',': 'comma',
    ';': 'semicolon',
    '\t': 'tab',
    '|': 'vertical bar',
    ' ': 'blanks',
  } as Readonly<Record<string, string>>,
  decimals: { '.': 'point', ',': 'comma' } satisfies Record<ImportReport['decimal'], string>,
  /** Warnings by their code. */
  warnings: {
    'ambiguous-class-codes': 'Class column with codes that are not used',
    'ambiguous-numbers': 'Numbers that can be read in two ways',
    'formulas-not-calculated': 'Formulas that were not calculated',
    'grade-scale': 'Possibly another grade scale',
    'hidden-rows': 'Hidden rows',
    'identifier-with-both-classes': 'Reference with both classes',
    'merged-cells': 'Merged cells',
    'no-identifier': 'Row without a reference',
    'quote-spans-rows': 'Quotation mark that may swallow rows',
    'joined-rows': 'Rows with other line ends',
    'rounded-identifier': 'Reference rounded by a spreadsheet',
    'second-header': 'Second header row skipped',
  } as Readonly<Record<string, string>>,
  skippedRows: {
    title: { one: 'title or comment line', other: 'title or comment lines' },
    second_header: { one: 'second header row', other: 'second header rows' },
    repeated_header: { one: 'repeated header row', other: 'repeated header rows' },
    empty: { one: 'empty row', other: 'empty rows' },
  },
  importPanel: {
    title: 'How the file was read',
    type: 'Type',
    encoding: 'Encoding',
    sheet: 'Sheet',
    separator: 'Separator',
    decimalSign: 'Decimal sign',
    header: 'Header',
    headerLine: (line: number) => `line ${line}`,
    skippedRows: 'Rows left out',
    profile: 'Import profile',
    none: 'none',
    changes: 'Changes made to read it',
  },
  warningsPanel: {
    title: (total: number) => pluralize(total, { one: 'warning', other: 'warnings' }),
    lead: 'The rows below were read as they are. Check them in your file before you use their results.',
    table: 'Warnings',
    kind: 'Kind',
    row: 'Row',
    line: 'Line',
    column: 'Column',
    reason: 'Reason',
    more: (count: number) => `and ${pluralize(count, { one: 'more warning', other: 'more warnings' })}`,
  },
};
