import { TabularError } from '../error';
import type { RandomAccess, RowSource, Source, SourceRow, TextSource } from '../source';
import { ExpansionLimit } from './expansion-limit';
import { FileReadError, markReadErrors } from './file-damage';
import { FIRST_BYTES, inspectFirstBytes, unsupportedError } from './first-bytes';
import { gunzip } from './gzip';
import { openJson } from './json';
import { openOds } from './ods';
import type * as Parquet from './parquet/parquet';
import { readRange } from './random-access';
import { findWorkbookPart, openXlsx } from './xlsx/workbook';
import { ZipArchive } from './zip-archive';

export interface OpenFileOptions {
  /** The sheet of a workbook; needed when more than one has rows. Other files have no sheets, and it means nothing. */
  sheet?: string;
  /** Most bytes that a container may expand to; 4 GiB by default. */
  maxExpandedBytes?: number;
}

/**
 * Opens a file by its first bytes, from ranges of it: nothing is copied, and rows are read while the caller takes them.
 * @throws TabularError that names what the file is or where it breaks, and what to do
 */
export async function openFile(file: RandomAccess, options: OpenFileOptions = {}): Promise<Source> {
  return withPortErrors(async () => {
    const source = await open(markReadErrors(file), options);
    if (source.kind === 'text') return { ...source, bytes: passPortErrors(source.bytes) };
    return { ...source, rows: passPortErrors(source.rows) };
  });
}

async function open(file: RandomAccess, options: OpenFileOptions): Promise<Source> {
  const limit = new ExpansionLimit(file.size, options.maxExpandedBytes);
  const first = inspectFirstBytes(await file.read(0, Math.min(FIRST_BYTES, file.size)));
  if ('unsupported' in first) throw unsupportedError(first.unsupported);
  switch (first.signature) {
    case 'gzip':
      return openPacked(gunzip(file, limit), limit, 'gzip');
    case 'zip':
      return openZip(await ZipArchive.open(file), limit, options.sheet);
    case 'parquet': {
      // Loaded on demand: it is most of this package, which API processes and scoring threads load for other things.
      const { openParquet } = require('./parquet/parquet') as typeof Parquet;
      return openParquet(file, limit);
    }
    case 'json':
      return openJson(readRange(file));
    case 'text':
      return { kind: 'text', container: 'csv', bytes: readRange(file) };
  }
}

async function openZip(archive: ZipArchive, limit: ExpansionLimit, sheet?: string): Promise<Source> {
  const workbook = findWorkbookPart(archive);
  if (workbook !== undefined) return openXlsx(archive, workbook, limit, sheet);
  if (await isOds(archive, limit)) {
    const content = archive.find('content.xml');
    if (content !== undefined) return openOds(archive, content, limit, sheet);
  }
  const foreign = FOREIGN_ZIP_FILES.find(({ part }) => archive.members.some(({ name }) => part.test(name)));
  if (foreign !== undefined) throw unsupportedError(foreign);
  const [member, ...others] = archive.members;
  if (member === undefined) throw new TabularError('empty-archive', 'The zip file holds no file.');
  if (others.length > 0) {
    throw new TabularError(
      'several-files',
      `The zip file holds ${others.length + 1} files. Send one file of records at a time.`,
    );
  }
  return openPacked(archive.read(member, limit), limit, 'zip', member.name);
}

/** An encrypted .ods says so in its manifest; its content would be no XML. */
async function isOds(archive: ZipArchive, limit: ExpansionLimit): Promise<boolean> {
  const mimetype = archive.find('mimetype');
  if (
    mimetype === undefined ||
    !(await readText(archive.read(mimetype, limit), 200)).startsWith('application/vnd.oasis.opendocument.spreadsheet')
  )
    return false;
  const manifest = archive.find('META-INF/manifest.xml');
  if (manifest !== undefined && /encryption-data/.test(await readText(archive.read(manifest, limit), 1024 * 1024))) {
    throw new TabularError('encrypted-file', 'The workbook is protected by a password. Save it without one.');
  }
  return true;
}

const FOREIGN_ZIP_FILES = [
  {
    part: /^xl\/workbook\.bin$/i,
    name: 'an Excel workbook of the binary format (.xlsb)',
    remedy: 'Save it in Excel as .xlsx or as CSV UTF-8.',
  },
  { part: /^word\//i, name: 'a Word document', remedy: 'Send the table as CSV or .xlsx.' },
  { part: /^ppt\//i, name: 'a PowerPoint presentation', remedy: 'Send the table as CSV or .xlsx.' },
  { part: /\.iwa$/i, name: 'a document of Apple Numbers or Pages', remedy: 'Export it as Excel (.xlsx) or CSV.' },
  {
    part: /^content\.xml$/i,
    name: 'an OpenDocument file other than a spreadsheet',
    remedy: 'Save the table as .ods, .xlsx or CSV.',
  },
];

async function readText(bytes: AsyncIterable<Uint8Array>, most: number): Promise<string> {
  let text = '';
  for await (const chunk of bytes) {
    text += Buffer.from(chunk).toString('latin1');
    if (text.length > most) break;
  }
  return text;
}

/** A packed file may be text or JSON; formats that need random access have to come as they are. */
async function openPacked(
  bytes: AsyncGenerator<Uint8Array>,
  limit: ExpansionLimit,
  container: 'gzip' | 'zip',
  member?: string,
): Promise<TextSource | RowSource> {
  const { head, all } = await peek(bytes);
  const first = inspectFirstBytes(head);
  const where = container === 'gzip' ? ' inside of a gzip file' : ' inside of a zip file';
  if ('unsupported' in first) throw unsupportedError(first.unsupported, where);
  switch (first.signature) {
    case 'json':
      return openJson(all, limit);
    case 'text':
      return { kind: 'text', container, bytes: all, limit, ...(member !== undefined && { member }) };
    case 'gzip':
    case 'zip':
    case 'parquet':
      throw new TabularError(
        'nested-container',
        `This is ${NESTED[first.signature]}${where}. Send it without the outer packing.`,
      );
  }
}

const NESTED = { gzip: 'a gzip file', zip: 'a workbook or zip file', parquet: 'a Parquet file' };

async function peek(bytes: AsyncGenerator<Uint8Array>): Promise<{ head: Uint8Array; all: AsyncGenerator<Uint8Array> }> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length < FIRST_BYTES) {
    const next = await bytes.next();
    if (next.done === true) break;
    chunks.push(next.value);
    length += next.value.length;
  }
  const head = Buffer.concat(chunks);
  return { head: head.subarray(0, FIRST_BYTES), all: prepend(head, bytes) };
}

async function* prepend(head: Uint8Array, bytes: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  yield* bytes;
}

async function* passPortErrors<T extends Uint8Array | SourceRow>(items: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* items;
  } catch (error) {
    throw error instanceof FileReadError ? error.cause : error;
  }
}

async function withPortErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof FileReadError ? error.cause : error;
  }
}
