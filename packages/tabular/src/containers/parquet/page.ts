import type { DecodedArray, PageHeader } from 'hyparquet';
import { convert, type convertWithDictionary } from 'hyparquet/src/convert.js';
import { decompressPage, readDataPage } from 'hyparquet/src/datapage.js';
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js';
import { readPlain } from 'hyparquet/src/plain.js';
import { assertDeltaTexts, assertRuns, MAX_PAGE_BYTES, MAX_PAGE_VALUES } from './page-limits';
import { DictionaryTexts, NullableTexts, PlainTexts, ValueTexts, type PageTexts } from './page-texts';

export type ColumnDecoder = Parameters<typeof convert>[1];
type ValueEncoding = Parameters<typeof convertWithDictionary>[2];

/** Decodes the pages of one flat column with hyparquet, within limits that hyparquet does not have. */
export class PageReader {
  private dictionary: string[] = [];
  private readonly nullable: boolean;
  /** For values that follow the levels: hyparquet then expects no levels. */
  private readonly valueDecoder: ColumnDecoder;

  constructor(
    private readonly decoder: ColumnDecoder,
    private readonly text: (value: unknown) => string,
  ) {
    const { element, schemaPath } = decoder;
    this.nullable = element.repetition_type !== 'REQUIRED';
    const required = { ...element, repetition_type: 'REQUIRED' as const };
    this.valueDecoder = {
      ...decoder,
      schemaPath: [schemaPath[0], { ...schemaPath[1], element: required }] as ColumnDecoder['schemaPath'],
    };
  }

  /** The values of a data page; undefined for other pages. */
  read(header: PageHeader, bytes: Uint8Array): PageTexts | undefined {
    switch (header.type) {
      case 'DICTIONARY_PAGE':
        this.readDictionary(header, bytes);
        return undefined;
      case 'DATA_PAGE':
        return this.readVersion1(header, bytes);
      case 'DATA_PAGE_V2':
        return this.readVersion2(header, bytes);
      case 'INDEX_PAGE':
        return undefined;
      default:
        throw new Error('a page of an unknown type');
    }
  }

  private readDictionary(header: PageHeader, bytes: Uint8Array): void {
    const { element, type } = this.decoder;
    const page = this.decompress(bytes, header.uncompressed_page_size);
    const values = readPlain(
      { view: viewOf(page), offset: 0 },
      type,
      countOf(header.dictionary_page_header),
      element.type_length,
    );
    this.dictionary = Array.from(convert(values, this.decoder) as ArrayLike<unknown>, this.text);
  }

  private readVersion1(header: PageHeader, bytes: Uint8Array): PageTexts {
    const count = countOf(header.data_page_header);
    const page = this.decompress(bytes, header.uncompressed_page_size);
    const encoding = header.data_page_header?.encoding as ValueEncoding;
    if (!this.nullable) return this.readValues(page, encoding, count);
    const levelBytes = viewOf(page).getUint32(0, true);
    return this.readNullable(page.subarray(4, 4 + levelBytes), page.subarray(4 + levelBytes), encoding, count);
  }

  private readVersion2(header: PageHeader, bytes: Uint8Array): PageTexts {
    const page = header.data_page_header_v2;
    const count = countOf(page);
    const encoding = page?.encoding as ValueEncoding;
    const {
      repetition_levels_byte_length: before = 0,
      definition_levels_byte_length: levelBytes = 0,
      is_compressed: isCompressed,
    } = page ?? {};
    const start = before + levelBytes;
    if (!(before >= 0 && levelBytes >= 0 && start <= bytes.length))
      throw new Error('levels are longer than their page');
    const size = header.uncompressed_page_size - start;
    const values =
      isCompressed === false || size === 0 ? bytes.subarray(start) : this.decompress(bytes.subarray(start), size);
    if (!this.nullable || levelBytes === 0) return this.readValues(values, encoding, count);
    return this.readNullable(bytes.subarray(before, start), values, encoding, count);
  }

  private readNullable(levelBytes: Uint8Array, bytes: Uint8Array, encoding: ValueEncoding, count: number): PageTexts {
    assertRuns(levelBytes, 0, 1, count);
    const levels = new Uint8Array(count);
    readRleBitPackedHybrid({ view: viewOf(levelBytes), offset: 0 }, 1, levels, levelBytes.length);
    let defined = 0;
    for (const level of levels) defined += level;
    const values = this.readValues(bytes, encoding, defined);
    return defined === count ? values : new NullableTexts(levels, values);
  }

  private readValues(bytes: Uint8Array, encoding: ValueEncoding, count: number): PageTexts {
    if (count === 0) return new ValueTexts([], this.text);
    if (encoding.endsWith('_DICTIONARY')) return new DictionaryTexts(readIndexes(bytes, count), this.dictionary);
    if (encoding === 'PLAIN' && this.decoder.type === 'BYTE_ARRAY' && this.decoder.utf8)
      return new PlainTexts(bytes, count);
    if (encoding === 'RLE') assertRuns(bytes, 4, 1, count);
    if (encoding === 'DELTA_BYTE_ARRAY') assertDeltaTexts(bytes, count);
    const { dataPage } = readDataPage(
      bytes,
      { num_values: count, encoding } as Parameters<typeof readDataPage>[1],
      this.valueDecoder,
    );
    if (dataPage.length !== count) throw new Error('a page has another number of values than its header says');
    return new ValueTexts(convert(dataPage as DecodedArray, this.decoder), this.text);
  }

  private decompress(bytes: Uint8Array, size: number): Uint8Array {
    if (!(size >= 0 && size <= MAX_PAGE_BYTES)) throw new Error(`a page of ${size} bytes`);
    return decompressPage(bytes, size, this.decoder.codec, this.decoder.compressors);
  }
}

/** Indexes into the dictionary, in as few bytes each as their width asks for. */
function readIndexes(bytes: Uint8Array, count: number): Uint8Array | Uint32Array {
  const bitWidth = bytes[0] ?? 33;
  if (bitWidth > 32) throw new Error(`an index of ${bitWidth} bits`);
  const indexes = bitWidth <= 8 ? new Uint8Array(count) : new Uint32Array(count);
  if (bitWidth === 0) return indexes;
  assertRuns(bytes, 1, bitWidth, count);
  readRleBitPackedHybrid({ view: viewOf(bytes), offset: 1 }, bitWidth, indexes, bytes.length - 1);
  return indexes;
}

function countOf(header: { num_values: number } | undefined): number {
  const count = header?.num_values ?? -1;
  if (!(count >= 0 && count <= MAX_PAGE_VALUES)) throw new Error(`a page of ${count} values`);
  return count;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
