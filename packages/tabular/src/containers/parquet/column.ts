import { parquetHeader } from 'hyparquet/src/column.js';
import type { PageHeader } from 'hyparquet';
import type { RandomAccess } from '../../source';
import { MAX_PAGE_BYTES } from './page-limits';
import type { PageReader } from './page';
import type { PageTexts } from './page-texts';
import { assertThriftStruct } from './thrift-check';

/** A page header holds the statistics of its page, whose texts may be long. */
const MAX_HEADER_BYTES = 1024 * 1024;

/** Reads the pages of one column chunk in order, one at a time, through a window of the file. */
export class ColumnChunkReader {
  private window: Uint8Array = new Uint8Array();
  private windowStart = 0;

  constructor(
    private readonly file: RandomAccess,
    private readonly pages: PageReader,
    private offset: number,
    private readonly end: number,
    private readonly windowBytes: number,
  ) {}

  /** The values of the next data page; undefined after the last. */
  async next(): Promise<PageTexts | undefined> {
    while (this.offset < this.end) {
      const header = await this.readHeader();
      const size = header.compressed_page_size;
      if (!(size >= 0 && size <= MAX_PAGE_BYTES)) throw new Error(`a page of ${size} bytes`);
      const bytes = await this.read(this.offset, size);
      if (bytes.length < size) throw new Error('a page breaks off');
      this.offset += size;
      const values = this.pages.read(header, bytes);
      if (values !== undefined && values.count > 0) return values;
    }
    return undefined;
  }

  private async readHeader(): Promise<PageHeader> {
    for (let length = Math.min(this.windowBytes, 16 * 1024); ; length *= 8) {
      const bytes = await this.read(this.offset, length);
      const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
      try {
        assertThriftStruct(bytes);
        const header = parquetHeader(reader);
        this.offset += reader.offset;
        return header;
      } catch (error) {
        if (length >= MAX_HEADER_BYTES || this.offset + length >= this.end) throw error;
      }
    }
  }

  /** Fewer bytes than asked for at the end of the chunk. */
  private async read(offset: number, length: number): Promise<Uint8Array> {
    const wanted = Math.min(length, this.end - offset);
    if (offset < this.windowStart || offset + wanted > this.windowStart + this.window.length) {
      this.window = await this.file.read(offset, Math.min(Math.max(wanted, this.windowBytes), this.end - offset));
      this.windowStart = offset;
    }
    return this.window.subarray(offset - this.windowStart, offset - this.windowStart + wanted);
  }
}
