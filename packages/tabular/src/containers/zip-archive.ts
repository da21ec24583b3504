import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { fromRandomAccessReaderPromise, RandomAccessReader, type Entry, type ZipFile } from 'yauzl';
import { TabularError } from '../error';
import type { RandomAccess } from '../source';
import type { ExpansionLimit } from './expansion-limit';
import { asDamagedFile } from './file-damage';
import { readRange } from './random-access';

/** Bounds memory; a workbook has a few dozen entries. */
const MAX_ENTRIES = 10_000;
const BLOCK_BYTES = 64 * 1024;
const STORED = 0;
const DEFLATED = 8;

export interface ZipMember {
  name: string;
  entry: Entry;
}

/** The directory of a zip file and its members' bytes, read from ranges of the file. */
export class ZipArchive {
  private constructor(
    private readonly zip: ZipFile,
    private readonly byName: ReadonlyMap<string, ZipMember>,
  ) {}

  /** @throws TabularError `damaged-file`, `too-many-members`; on each read also `encrypted-file` */
  static async open(file: RandomAccess): Promise<ZipArchive> {
    try {
      const zip = await fromRandomAccessReaderPromise(new RangeReader(file), file.size, { autoClose: false });
      if (zip.entryCount > MAX_ENTRIES)
        throw new TabularError('too-many-members', `The zip file holds more than ${MAX_ENTRIES} files.`);
      const byName = new Map<string, ZipMember>();
      for await (const entry of zip.eachEntry())
        byName.set(entry.fileName.toLowerCase(), { name: entry.fileName, entry });
      return new ZipArchive(zip, byName);
    } catch (error) {
      throw damagedZip(error);
    }
  }

  /** Files that a person put there: no folders, and not what macOS and Windows add by themselves. */
  get members(): ZipMember[] {
    return [...this.byName.values()].filter(
      ({ name }) => !/(\/|(^|\/)(\.DS_Store|Thumbs\.db|desktop\.ini))$|^__MACOSX\//i.test(name),
    );
  }

  /** Names inside workbooks are compared without case, and some writers begin them with a slash. */
  find(name: string): ZipMember | undefined {
    return this.byName.get(name.replace(/^\//, '').toLowerCase());
  }

  /** Decompresses a member as it is read; throws unless size and checksum match the directory. */
  async *read({ name, entry }: ZipMember, limit: ExpansionLimit): AsyncGenerator<Uint8Array> {
    if (entry.isEncrypted()) {
      throw new TabularError(
        'encrypted-file',
        'The zip file is protected by a password. Pack the file again without one.',
      );
    }
    if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) {
      throw new TabularError(
        'unsupported-format',
        'The zip file uses a compression other than deflate. Pack it again as an ordinary zip file.',
      );
    }
    try {
      const stream = await this.zip.openReadStreamPromise(entry);
      let checksum = 0;
      for await (const chunk of limit.count(stream as AsyncIterable<Uint8Array>)) {
        checksum = crc32(chunk, checksum);
        yield chunk;
      }
      if (checksum !== entry.crc32) throw new Error(`checksum of ${name} differs`);
    } catch (error) {
      throw damagedZip(error);
    }
  }
}

class RangeReader extends RandomAccessReader {
  private block: Buffer = Buffer.alloc(0);
  private blockStart = 0;

  constructor(private readonly file: RandomAccess) {
    super();
  }

  /** Serves reads of the directory from a block, because yauzl requests a few dozen bytes at a time. */
  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.copyBlock(buffer, offset, length, position).then(() => callback(null), callback);
  }

  private async copyBlock(buffer: Buffer, offset: number, length: number, position: number): Promise<void> {
    const bytes = await this.readBlock(position, length);
    if (bytes.length < length) throw new Error('the zip file breaks off');
    bytes.copy(buffer, offset);
  }

  private async readBlock(position: number, length: number): Promise<Buffer> {
    if (position < this.blockStart || position + length > this.blockStart + this.block.length) {
      const bytes = await this.file.read(position, Math.max(length, BLOCK_BYTES));
      this.block = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      this.blockStart = position;
    }
    return this.block.subarray(position - this.blockStart, position - this.blockStart + length);
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(readRange(this.file, start, end), { objectMode: false });
  }
}

function damagedZip(error: unknown): Error {
  return asDamagedFile(
    error,
    'The zip file or workbook is damaged or incomplete. Save or pack it again and repeat the upload.',
  );
}
