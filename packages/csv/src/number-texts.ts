const SLOTS = 2 ** 14;
const HASH_SHIFT = 32 - 14;
/** `-0.0000010004474293327342`: below 1e-6 the exponent makes it shorter. */
const MOST_BYTES = 25;

/**
 * The shortest decimals of doubles, as bytes. Finding one costs more than all else that is done to a row, and of the
 * probabilities that a model gives most recur: so each slot remembers the last of the doubles that fall into it.
 */
export class NumberTexts {
  static readonly MOST_BYTES = MOST_BYTES;

  /** NaN is equal to nothing, so an unused slot is never found. */
  private readonly values = new Float64Array(SLOTS).fill(NaN);
  private readonly texts = new Uint8Array(SLOTS * MOST_BYTES);
  private readonly lengths = new Uint8Array(SLOTS);
  private readonly double = new Float64Array(1);
  private readonly words = new Uint32Array(this.double.buffer);

  /** Writes the text to `target` from `at` on, where there is room for `MOST_BYTES`. @returns its length */
  write(value: number, target: Uint8Array, at: number): number {
    const { texts, lengths } = this;
    const slot = this.slotOf(value);
    if (this.values[slot] !== value) this.remember(slot, value);
    const length = lengths[slot];
    for (let from = slot * MOST_BYTES, to = at, end = at + length; to < end; ) target[to++] = texts[from++];
    return length;
  }

  private slotOf(value: number): number {
    this.double[0] = value;
    const { words } = this;
    return (Math.imul(words[0], 0x9e3779b1) ^ Math.imul(words[1], 0x85ebca6b)) >>> HASH_SHIFT;
  }

  private remember(slot: number, value: number): void {
    const text = String(value);
    for (let i = 0, to = slot * MOST_BYTES; i < text.length; i++) this.texts[to++] = text.charCodeAt(i);
    this.lengths[slot] = text.length;
    this.values[slot] = value;
  }
}
