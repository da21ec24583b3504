import {
  type CanonicalColumns,
  type CanonicalDialect,
  CanonicalWriter,
  canonicalColumns,
  canonicalNames,
} from './canonical';
import { FIRST_PART_ROWS, chooseDialect, readFirstRows } from './dialect';
import { TextDecoding } from './encoding';
import { TabularError } from './error';
import { KEEP_LINE_ENDS, type Layout, decideLayout } from './layout';
import { Recognizer } from './recognizer';
import { ImportLog, type ImportReport, type ImportWarning } from './report';
import { RowRules } from './rows';
import { type ColumnSeparator, type ImportSettings, MAX_COLUMNS } from './settings';
import { FIRST_PART_BYTES } from './sniff';
import type { RowSource, Source, SourceRow, TextSource } from './source';
import { SparseRows, isSparseText } from './sparse-text';
import { TextRows, lineEndOf } from './text-rows';

const MAX_ROW_BYTES = 1024 * 1024;

/** Facts that are known when the first part of a file has been read. */
export interface ImportStart {
  columns: CanonicalColumns;
  /** Names of all columns of the canonical file, hidden ones included. */
  names: string[];
  dialect: CanonicalDialect;
  headerLine: number | null;
}

/** Complete when the canonical bytes have been read to their end. */
export interface ImportSummary {
  report: ImportReport;
  warnings: ImportWarning[];
  warnings_total: number;
  /** Rows of the results, rejected ones included. */
  rows: number;
}

export interface Import {
  start: ImportStart;
  /** The canonical file, header first; to be read once. */
  bytes: AsyncGenerator<Uint8Array, ImportSummary>;
}

/** A file whose rows can be read, with what its first part says. */
interface Opened {
  rows: AsyncIterable<readonly SourceRow[]>;
  layout: Layout;
  dialect: CanonicalDialect;
  delimiter: ColumnSeparator | null;
  encoding: () => string | null;
}

/**
 * Reads the first part of a file and decides how to read all of it. The rows follow while `bytes` is read; no more than
 * a chunk and a row is held.
 * @throws TabularError, also while `bytes` is read
 */
export async function openImport(source: Source, settings: ImportSettings): Promise<Import> {
  const log = new ImportLog();
  const recognizer = new Recognizer(settings.schema, settings.profile?.content);
  const opened =
    source.kind === 'text'
      ? await openText(source, settings, recognizer, log)
      : await openRows(source, settings, recognizer, log);
  const { layout, dialect } = opened;
  const columns = canonicalColumns(layout.columns, layout.roles);
  const start: ImportStart = {
    columns,
    names: canonicalNames(columns, settings.schema),
    dialect,
    headerLine: layout.headerLine,
  };
  return { start, bytes: convert(source, settings, opened, start, recognizer, log) };
}

async function* convert(
  source: Source,
  settings: ImportSettings,
  opened: Opened,
  start: ImportStart,
  recognizer: Recognizer,
  log: ImportLog,
): AsyncGenerator<Uint8Array, ImportSummary> {
  const { layout } = opened;
  const limit = source.kind === 'text' ? source.limit : undefined;
  const rules = new RowRules(layout, recognizer, settings.schema, settings.profile?.content.missing, log);
  const writer = new CanonicalWriter(start.dialect, start.columns);
  writer.header(start.names);
  for await (const batch of opened.rows) {
    for (const row of batch) {
      limit?.addShortRow(row.raw?.length ?? row.cells.join('').length);
      const canonical = rules.apply(row);
      if (canonical !== undefined) writer.row(canonical);
      if (writer.isFull) yield writer.take();
    }
  }
  yield writer.take();
  if (source.kind === 'rows') source.warnings.forEach((warning) => log.warn(warning));
  return {
    report: {
      container: source.container,
      encoding: opened.encoding(),
      delimiter: opened.delimiter,
      decimal: layout.numbers.decimal,
      header_line: layout.headerLine,
      sheet: source.kind === 'rows' ? source.sheet : null,
      skipped_rows: log.skipped,
      repairs: log.repairs,
      canonical_sha256: writer.digest(),
      profile: settings.profile === undefined ? null : { name: settings.profile.name, sha256: settings.profile.sha256 },
    },
    warnings: log.warnings,
    warnings_total: log.warningsTotal,
    rows: rules.rows,
  };
}

async function openText(
  source: TextSource,
  settings: ImportSettings,
  recognizer: Recognizer,
  log: ImportLog,
): Promise<Opened> {
  const decoding = new TextDecoding(settings.charset ?? settings.profile?.content.encoding, log);
  const chunks = decoding.decode(source.bytes);
  try {
    return await openDecoded(decoding, chunks, settings, recognizer, log);
  } catch (error) {
    await chunks.return(undefined);
    throw error;
  }
}

async function openDecoded(
  decoding: TextDecoding,
  chunks: AsyncGenerator<Buffer>,
  settings: ImportSettings,
  recognizer: Recognizer,
  log: ImportLog,
): Promise<Opened> {
  const profile = settings.profile?.content;
  const { maxRowBytes = MAX_ROW_BYTES, maxColumns = MAX_COLUMNS } = settings;
  const { prefix, head, final } = await readPrefix(chunks);
  if (isSparseText(prefix, final)) return openSparse(prefix, final, head, chunks, decoding, settings, recognizer, log);
  const { dialect, rows, separatorLine } = chooseDialect(prefix, final, recognizer, profile);
  if (prefix.length > 0 && rows.length === 0)
    throw new TabularError(
      'header-too-long',
      `no header row within the first ${prefix.length} bytes; ${KEEP_LINE_ENDS}`,
    );
  const options = { schema: settings.schema, profile, maxColumns, hasFixedColumns: false };
  const layout = decideLayout(rows, recognizer, options, log);
  if (dialect.mixed === true)
    log.repair('mixed-line-ends', 'Rows end in different ways; a carriage return alone ends a row too.');
  if (separatorLine) log.repair('separator-line', 'The line sep= of a spreadsheet was left out.');
  if (dialect.delimiter === ' ') log.repair('blank-delimiter', 'The columns are separated by blanks.');
  return {
    rows: readText(head, chunks, new TextRows(dialect, maxRowBytes), log),
    layout,
    dialect: { delimiter: dialect.delimiter === ' ' ? ',' : dialect.delimiter, lineEnd: dialect.lineEnd, bom: false },
    delimiter: dialect.delimiter,
    encoding: () => decoding.encoding,
  };
}

function openSparse(
  prefix: Buffer,
  final: boolean,
  head: Buffer,
  chunks: AsyncGenerator<Buffer>,
  decoding: TextDecoding,
  settings: ImportSettings,
  recognizer: Recognizer,
  log: ImportLog,
): Opened {
  const { schema, profile, maxRowBytes = MAX_ROW_BYTES, maxColumns = MAX_COLUMNS } = settings;
  const dialect = { delimiter: ' ', lineEnd: lineEndOf(prefix) } as const;
  const { rows: first } = readFirstRows(prefix, final, dialect);
  const sparse = new SparseRows(first, schema, maxColumns);
  const expand = (rows: readonly SourceRow[]) =>
    rows.map((row) => sparse.expand(row)).filter((row) => row !== undefined);
  const options = { schema, profile: profile?.content, maxColumns, hasFixedColumns: true };
  log.repair('sparse-format', 'The file has a class and index:value pairs (LIBSVM); values that it leaves out are 0.');
  return {
    rows: (async function* () {
      yield [sparse.header];
      for await (const rows of readText(head, chunks, new TextRows(dialect, maxRowBytes), log)) yield expand(rows);
    })(),
    layout: decideLayout([sparse.header, ...expand(first)], recognizer, options, log),
    dialect: { delimiter: ',', lineEnd: dialect.lineEnd, bom: false },
    delimiter: ' ',
    encoding: () => decoding.encoding,
  };
}

async function* readText(
  head: Buffer,
  chunks: AsyncIterable<Buffer>,
  reader: TextRows,
  log: ImportLog,
): AsyncGenerator<readonly SourceRow[]> {
  yield reader.push(head);
  for await (const chunk of chunks) yield reader.push(chunk);
  yield reader.end();
  if (reader.endsWithCtrlZ) log.repair('ctrl-z', 'The end-of-file mark of DOS programs (Ctrl-Z) was left out.');
}

/** @returns exactly the first part, whatever the chunking, and all that was read for it */
async function readPrefix(chunks: AsyncGenerator<Buffer>): Promise<{ prefix: Buffer; head: Buffer; final: boolean }> {
  const parts: Buffer[] = [];
  let final = false;
  for (let length = 0; length <= FIRST_PART_BYTES && !final;) {
    const next = await chunks.next();
    final = next.done === true;
    if (next.done !== true) parts.push(next.value);
    length += next.value?.length ?? 0;
  }
  const head = Buffer.concat(parts);
  return { prefix: head.subarray(0, FIRST_PART_BYTES), head, final };
}

async function openRows(
  source: RowSource,
  settings: ImportSettings,
  recognizer: Recognizer,
  log: ImportLog,
): Promise<Opened> {
  const iterator = source.rows[Symbol.asyncIterator]();
  const head: SourceRow[] = [];
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
    head.push(next.value);
    if (head.length >= FIRST_PART_ROWS) break;
  }
  const options = {
    schema: settings.schema,
    profile: settings.profile?.content,
    maxColumns: settings.maxColumns ?? MAX_COLUMNS,
    hasFixedColumns: true,
  };
  return {
    rows: readOn(head, iterator),
    layout: decideLayout(head, recognizer, options, log),
    dialect: { delimiter: ',', lineEnd: '\n', bom: false },
    delimiter: null,
    encoding: () => null,
  };
}

const ROWS_AT_ONCE = 256;

async function* readOn(
  head: readonly SourceRow[],
  iterator: AsyncIterator<SourceRow>,
): AsyncGenerator<readonly SourceRow[]> {
  try {
    yield head;
    let batch: SourceRow[] = [];
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      batch.push(next.value);
      if (batch.length < ROWS_AT_ONCE) continue;
      yield batch;
      batch = [];
    }
    yield batch;
  } finally {
    await iterator.return?.();
  }
}
