import type { WasmRowReader } from './row-reader';
import { forEachBlock } from '../for-each-block';
import { ByteWriter } from '../write/byte-writer';

/**
 * Gives a hit rate of 72 % on a million lab-like rows. Twice as many give 82 % but save no time, as more of the memory
 * lies outside the CPU cache.
 */
const MAX_ENTRIES = 65_536;
const SLOT_BITS = 17;
/** Limit of texts per shard for samples that have no entry. */
const MAX_UNCACHED = 65_536;
/** A text is typically some 60 bytes long: room for those of all entries, followed by those of one shard. */
const ENTRY_TEXT_BYTES = 5 * 2 ** 20;
const TEXT_BYTES = 9 * 2 ** 20;
/** Rows are written to this buffer and copied from it, so it must fit in a core's own cache. */
const OUTPUT_BYTES = 2 ** 17;
const SLACK_BYTES = 16;
const MAX_INT32 = 0x7fff_ffff;
const MAX_TEXTS = MAX_ENTRIES + MAX_UNCACHED;
const NONE = -1;
/** Replaces a text's start when there was no room for the text. */
const NO_TEXT = 0xffff_ffff;

/**
 * Caches the result columns of a row as text, which depend on the row's values alone: keyed by sample and kept from
 * shard to shard while there is room. A sample has up to sixteen values of 0 to 15. Takes some 13 MB of a reader's
 * memory.
 */
export class ResultCache {
  static readonly MAX_ENTRIES = MAX_ENTRIES;

  /** Entry of each sample of the last `lookup`, or -1. Valid, like `misses`, until the reader's next read. */
  entries = new Int32Array(0);
  /**
   * Samples of the last `lookup` without a text: the first one of each new entry, and all that have no entry.
   * Ascending.
   */
  misses = new Uint32Array(0);
  /** Length of the entries' own texts, which precede all others. */
  private cachedLength = 0;

  /** @param reader that has not read anything yet */
  constructor(private readonly reader: WasmRowReader) {
    const addresses = {
      hashSlots: reader.reserve(2 ** SLOT_BITS * 4),
      keys: reader.reserve(MAX_ENTRIES * 8),
      textStarts: reader.reserve(MAX_TEXTS * 4),
      textEnds: reader.reserve(MAX_TEXTS * 4),
      texts: reader.reserve(TEXT_BYTES + SLACK_BYTES),
      output: reader.reserve(OUTPUT_BYTES),
    };
    reader.set({ ...addresses, slotBits: SLOT_BITS, entryCapacity: MAX_ENTRIES, outputCapacity: OUTPUT_BYTES });
  }

  /** Whether there is no room for another entry. */
  get isFull(): boolean {
    return this.reader.get('entryCount') === MAX_ENTRIES || this.cachedLength > ENTRY_TEXT_BYTES;
  }

  clear(): void {
    const slots = this.reader.get('hashSlots');
    this.reader.bytes.fill(0, slots, slots + 2 ** SLOT_BITS * 4);
    this.reader.set({ entryCount: 0 });
    this.cachedLength = 0;
  }

  /**
   * Fills `entries` and `misses`. `samples`: row-major, of the rows that the reader read last; overwrites the reader's
   * `values`.
   */
  lookup(samples: Uint8Array, count: number): void {
    const { reader } = this;
    const { buffer } = reader.bytes;
    const values = reader.get('values');
    if (samples.buffer !== buffer) reader.bytes.set(samples, values);
    reader.set({ entryCapacity: this.isFull ? reader.get('entryCount') : MAX_ENTRIES });
    const misses = reader.call('findEntries', values, count);
    this.entries = new Int32Array(buffer, reader.get('entries'), count);
    this.misses = new Uint32Array(buffer, reader.get('misses'), misses);
  }

  /**
   * Stores the text of each miss, as the callback writes it.
   * @throws the callback's error: the cached texts must not be used afterwards
   */
  fillMisses(writeText: (writer: ByteWriter, sample: number) => void): void {
    const { reader, cachedLength, entries, misses } = this;
    const texts = reader.get('texts');
    const writer = new ByteWriter(reader.bytes.subarray(texts + cachedLength, texts + TEXT_BYTES));
    const starts = new Uint32Array(reader.bytes.buffer, reader.get('textStarts'), MAX_TEXTS);
    const ends = new Uint32Array(reader.bytes.buffer, reader.get('textEnds'), MAX_TEXTS);
    let uncached = 0;
    forEachBlock(misses.length, (first, last) => {
      for (const sample of misses.subarray(first, last)) {
        const start = cachedLength + writer.length;
        writeText(writer, sample);
        const end = cachedLength + writer.length;
        const isCached = entries[sample] !== NONE;
        if (!isCached && uncached < MAX_UNCACHED) entries[sample] = MAX_ENTRIES + uncached++;
        const entry = entries[sample]!;
        if (entry === NONE) continue;
        // Beyond TEXT_BYTES the writer has moved to memory of its own.
        starts[entry] = end <= TEXT_BYTES ? start : NO_TEXT;
        ends[entry] = end;
        // Entries are assigned until none is left, so their texts precede all others.
        if (isCached) this.cachedLength = Math.min(end, TEXT_BYTES);
      }
    });
  }

  /**
   * Writes rows from `row` on while they are copyable and have a text: bytes, delimiter, number, text, line end.
   * @param sample of the first of them @param number of the first of them
   * @returns the first row that the caller must write itself, or the number of rows
   */
  writeCachedRows(writer: ByteWriter, row: number, sample: number, number: number): number {
    const { reader } = this;
    const rows = reader.get('rows');
    if (number + rows > MAX_INT32) return row;
    const output = reader.get('output');
    for (let from = row; ;) {
      const reached = reader.call('writeRows', from, sample + from - row, number + from - row);
      writer.bytes(reader.bytes, output, output + reader.get('outputLength'));
      if (reached === from || reached === rows) return reached;
      from = reached;
    }
  }
}
