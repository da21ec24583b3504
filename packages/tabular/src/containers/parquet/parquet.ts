import {
  parquetMetadata,
  parquetSchema,
  type FileMetaData,
  type RowGroup,
  type SchemaElement,
  type SchemaTree,
} from 'hyparquet';
import { TabularError } from '../../error';
import type { RandomAccess, RowSource, SourceRow } from '../../source';
import { MAX_COLUMNS } from '../../settings';
import type { ExpansionLimit } from '../expansion-limit';
import { asDamagedFile } from '../file-damage';
import { ColumnChunkReader } from './column';
import { decompressors } from './decompressors';
import { PageReader, type ColumnDecoder } from './page';
import type { PageTexts } from './page-texts';
import { assertThriftStruct } from './thrift-check';
import { decimalScale, textOf, TEXT_PARSERS } from './values';

const FOOTER_BYTES = 8;
const MAX_METADATA_BYTES = 16 * 1024 * 1024;
/** Shared by the windows of all columns. */
const WINDOWS_BYTES = 16 * 1024 * 1024;
const DAMAGED = 'The Parquet file is damaged or incomplete. Write it again and repeat the upload.';
const UNSUPPORTED_TYPES = new Set(['BSON', 'INTERVAL', 'VARIANT', 'GEOMETRY', 'GEOGRAPHY']);

/** Reads a Parquet file of flat columns page by page, so that memory does not grow with the row groups. */
export async function openParquet(file: RandomAccess, limit: ExpansionLimit): Promise<RowSource> {
  try {
    const metadata = await readMetadata(file);
    const columns = flatColumns(metadata);
    return {
      kind: 'rows',
      container: 'parquet',
      sheet: null,
      rows: readRows(file, metadata, columns, limit),
      warnings: [],
    };
  } catch (error) {
    throw asDamagedFile(error, DAMAGED);
  }
}

async function readMetadata(file: RandomAccess): Promise<FileMetaData> {
  const footer = Buffer.from(await file.read(Math.max(0, file.size - FOOTER_BYTES), FOOTER_BYTES));
  const magic = footer.toString('latin1', 4);
  if (magic === 'PARE')
    throw new TabularError('encrypted-file', 'The Parquet file is encrypted. Write it without encryption.');
  if (magic !== 'PAR1' || file.size < 12) throw new Error('no Parquet footer');
  const length = footer.readUInt32LE(0);
  if (length > MAX_METADATA_BYTES || length > file.size - 12) throw new Error(`metadata of ${length} bytes`);
  const bytes = await file.read(file.size - FOOTER_BYTES - length, length + FOOTER_BYTES);
  assertThriftStruct(bytes);
  return parquetMetadata(new Uint8Array(bytes).buffer, { geoparquet: false });
}

/** @throws TabularError `nested-columns`, `unsupported-columns`, both naming the columns; `too-many-columns` */
function flatColumns(metadata: FileMetaData): SchemaTree[] {
  const columns = parquetSchema(metadata).children;
  if (columns.length > MAX_COLUMNS)
    throw new TabularError(
      'too-many-columns',
      `The Parquet file has ${columns.length} columns; at most ${MAX_COLUMNS} are read.`,
    );
  refuse(
    columns.filter(({ children, element }) => children.length > 0 || element.repetition_type === 'REPEATED'),
    'nested-columns',
    'hold lists or structures. Write a column for each value, or leave them out',
  );
  refuse(
    columns.filter(({ element }) => isUnsupported(element)),
    'unsupported-columns',
    'are of a type that no record needs. Leave them out',
  );
  return columns;
}

function isUnsupported(element: SchemaElement): boolean {
  if (element.type === 'FIXED_LEN_BYTE_ARRAY' && decimalScale(element) === undefined)
    return !['UUID', 'FLOAT16'].includes(element.logical_type?.type ?? '');
  return UNSUPPORTED_TYPES.has(element.converted_type ?? '') || UNSUPPORTED_TYPES.has(element.logical_type?.type ?? '');
}

function refuse(columns: readonly SchemaTree[], code: string, reason: string): void {
  if (columns.length === 0) return;
  const names = columns
    .slice(0, 10)
    .map(({ element }) => `"${element.name}"`)
    .join(', ');
  throw new TabularError(
    code,
    `Columns of the Parquet file ${reason}: ${names}${columns.length > 10 ? `, … (${columns.length})` : ''}.`,
  );
}

async function* readRows(
  file: RandomAccess,
  metadata: FileMetaData,
  columns: readonly SchemaTree[],
  limit: ExpansionLimit,
): AsyncGenerator<SourceRow> {
  yield { cells: columns.map(({ element }) => element.name), line: null };
  try {
    const root = parquetSchema(metadata);
    for (const group of metadata.row_groups) {
      if (Number(group.num_rows) === 0) continue;
      for await (const cells of readGroup(file, group, root, limit)) yield { cells, line: null };
    }
  } catch (error) {
    throw asDamagedFile(error, DAMAGED);
  }
}

/** One column of a row group: its current page and the place in it. */
class ColumnCursor {
  available = 0;
  private page: PageTexts | undefined;

  constructor(
    private readonly name: string,
    private readonly chunk: ColumnChunkReader,
  ) {}

  /** @throws Error when the column has fewer values than the row group has rows */
  async load(): Promise<void> {
    this.page = undefined;
    try {
      this.page = await this.chunk.next();
    } catch (error) {
      throw this.explain(error);
    }
    if (this.page === undefined) throw new Error('a column ends before its row group');
    this.available = this.page.count;
  }

  take(): string {
    this.available--;
    try {
      return (this.page as PageTexts).next();
    } catch (error) {
      throw this.explain(error);
    }
  }

  private explain(error: unknown): unknown {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') return error;
    return new TabularError(
      'not-utf8',
      `Column "${this.name}" of the Parquet file holds bytes that are not UTF-8 text. Leave it out, or write it ` +
        'as text.',
      { cause: error },
    );
  }
}

async function* readGroup(
  file: RandomAccess,
  group: RowGroup,
  root: SchemaTree,
  limit: ExpansionLimit,
): AsyncGenerator<string[]> {
  const cursors = root.children.map((column) => openColumn(file, group, root, column));
  if (cursors.length === 0) return;
  for (let left = Number(group.num_rows); left > 0;) {
    let rows = left;
    for (const cursor of cursors) {
      if (cursor.available === 0) await cursor.load();
      rows = Math.min(rows, cursor.available);
    }
    for (let row = 0; row < rows; row++) {
      const cells = cursors.map((cursor) => cursor.take());
      limit.add(cells.reduce((sum, cell) => sum + cell.length + 1, 0));
      yield cells;
    }
    left -= rows;
  }
}

function openColumn(file: RandomAccess, group: RowGroup, root: SchemaTree, column: SchemaTree): ColumnCursor {
  const metadata = group.columns.find(
    ({ meta_data: data }) => data?.path_in_schema[0] === column.element.name,
  )?.meta_data;
  if (metadata === undefined) throw new Error('a row group lacks a column');
  const {
    codec,
    type,
    dictionary_page_offset: dictionary,
    data_page_offset: data,
    total_compressed_size: size,
  } = metadata;
  const start = Number(dictionary !== undefined && dictionary > 0n && dictionary < data ? dictionary : data);
  const end = start + Number(size);
  if (!(start >= 4 && end > start && end <= file.size)) throw new Error('a column lies outside of the file');
  const isDecimal = decimalScale(column.element) !== undefined;
  const element = isDecimal
    ? { ...column.element, converted_type: undefined, logical_type: undefined }
    : column.element;
  const decoder: ColumnDecoder = {
    pathInSchema: [element.name],
    type,
    element,
    schemaPath: [root, { ...column, element }],
    codec,
    parsers: TEXT_PARSERS,
    compressors: decompressors,
    utf8: !isDecimal,
  };
  const windowBytes = Math.min(1024 * 1024, Math.max(64 * 1024, Math.floor(WINDOWS_BYTES / root.children.length)));
  return new ColumnCursor(
    element.name,
    new ColumnChunkReader(file, new PageReader(decoder, textOf(column.element)), start, end, windowBytes),
  );
}
