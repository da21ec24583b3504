/** Rows are compared among this many different ones; more would need too much memory. */
const MAX_DIFFERENT_ROWS = 1_000_000;

/**
 * Counts rows whose bytes have appeared before, by 64 bits of hash each: 32 MB for a million different rows. A Set of as many
 * texts takes 100 MB and blocks the event loop when it grows; a cryptographic hash takes twenty times as long.
 */
export class RepeatedRows {
  count = 0;
  private different = 0;
  private readonly capacity: number;
  /** Half of them stay free, so that a free one is near. */
  private readonly slots: number;
  private readonly words: Int32Array;

  /** @param rows of the file; rows after a million different ones are not compared */
  constructor(rows: number, maxDifferent = MAX_DIFFERENT_ROWS) {
    this.capacity = Math.min(rows, maxDifferent);
    this.slots = 2 * Math.max(1, this.capacity);
    this.words = new Int32Array(2 * this.slots);
  }

  /** @param start and @param end of the row in `bytes` */
  add(bytes: Uint8Array, start: number, end: number): void {
    if (this.different === this.capacity) return;
    let [first, second] = [end - start, 0];
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      first = rotated(Math.imul(first ^ byte, 0xcc9e2d51), 15);
      second = rotated(Math.imul(second ^ byte, 0x1b873593), 13);
    }
    // 0 marks a free slot.
    if (!this.isNew(mixed(first ^ second) || 1, mixed(second + Math.imul(first, 0x85ebca6b)))) this.count++;
  }

  private isNew(first: number, second: number): boolean {
    const { words, slots } = this;
    let slot = ((first ^ (second << 7)) >>> 0) % slots;
    for (; words[2 * slot] !== 0; slot = (slot + 1) % slots)
      if (words[2 * slot] === first && words[2 * slot + 1] === second) return false;
    words[2 * slot] = first;
    words[2 * slot + 1] = second;
    this.different++;
    return true;
  }
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** Spreads each bit over the word, as the end of MurmurHash3 does. */
function mixed(word: number): number {
  let hash = word ^ (word >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
