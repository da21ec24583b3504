import { type Dialect, asBuffer, findInvalidText, incompleteUtf8Tail } from '@cytoqueue/csv';
import { inspectFirstBytes } from './containers/first-bytes';
import { chooseDialect } from './dialect';
import { resolveCharset } from './encoding';
import { TabularError } from './error';
import { type Layout, decideLayout } from './layout';
import { Recognizer } from './recognizer';
import { ImportLog, type ImportReport } from './report';
import { type ImportSettings, MAX_COLUMNS } from './settings';

/** Bytes that a decision needs, unless the file ends before. */
export const FIRST_PART_BYTES = 64 * 1024;

/**
 * Whether the first part of a file shows a plain one, which needs no import and is used as uploaded: it is UTF-8, its
 * first non-empty line is a header that names every feature, and nothing below it needs a repair. `RowWatch` checks
 * every data row.
 * @param first at least `FIRST_PART_BYTES` bytes, or the whole file
 * @returns the layout of a plain file; undefined for one that `openImport` has to read
 */
export function sniffPlain(
  first: Uint8Array,
  isWholeFile: boolean,
  { schema, profile, charset }: ImportSettings,
): Layout | undefined {
  if (profile !== undefined || (charset !== undefined && resolveCharset(charset) !== 'utf-8')) return undefined;
  const firstPart = asBuffer(first).subarray(0, FIRST_PART_BYTES);
  const kind = inspectFirstBytes(firstPart);
  if (!('signature' in kind && kind.signature === 'text')) return undefined;
  const firstPartIsWholeFile = isWholeFile && first.length <= FIRST_PART_BYTES;
  const bytes = firstPartIsWholeFile
    ? firstPart
    : firstPart.subarray(0, firstPart.length - incompleteUtf8Tail(firstPart));
  if (findInvalidText(bytes) >= 0) return undefined;
  const text = bytes.indexOf(BOM) === 0 ? bytes.subarray(BOM.length) : bytes;
  if (text.indexOf(BOM) === 0) return undefined;
  const log = new ImportLog();
  const recognizer = new Recognizer(schema);
  try {
    const { dialect, rows, separatorLine } = chooseDialect(text, firstPartIsWholeFile, recognizer);
    const layout = decideLayout(
      rows,
      recognizer,
      { schema, profile, maxColumns: MAX_COLUMNS, hasFixedColumns: false },
      log,
    );
    const firstFilled = rows.findIndex(({ cells }) => cells.length > 1 || cells[0] !== '');
    const isPlain =
      !separatorLine &&
      dialect.delimiter !== ' ' &&
      dialect.mixed !== true &&
      layout.headerIndex === firstFilled &&
      layout.nonRecordsBelowHeader.size === 0 &&
      layout.roles.features.every((column) => column >= 0) &&
      log.repairs.length === 0 &&
      log.warningsTotal === 0;
    return isPlain ? layout : undefined;
  } catch (error) {
    if (error instanceof TabularError) return undefined;
    throw error;
  }
}

const BOM = Buffer.from('\uFEFF');

/** The report of a plain file. It is used as uploaded, so the digest of its rows is that of the upload. */
export function plainReport(
  layout: Layout,
  { delimiter }: Dialect,
  { skipped }: ImportLog,
  sha256: string,
): ImportReport {
  const { headerLine: header_line, numbers } = layout;
  return {
    container: 'csv',
    encoding: 'utf-8',
    delimiter,
    decimal: numbers.decimal,
    header_line,
    sheet: null,
    skipped_rows: skipped,
    repairs: [],
    canonical_sha256: sha256,
    profile: null,
  };
}
