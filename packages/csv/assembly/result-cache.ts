import { entries, entryCapacity, keys, slotBits, hashSlots, misses, featureCount } from './memory-layout';

export let entryCount: u32 = 0;

const NIBBLES: u32 = 8;
/** Multiplying by it spreads keys over the slots: 2^64 divided by the golden ratio. */
const GOLDEN_RATIO: u64 = (0x9e3779b9 << 32) | 0x7f4a7c15;
const LOW_BYTES: u64 = (0x00ff00ff << 32) | 0x00ff00ff;
const LOW_HALVES: u64 = (0x0000ffff << 32) | 0x0000ffff;

/**
 * Finds the entries of samples, each `featureCount` bytes below 16, or makes them while there is room.
 * @returns how many are misses: those without an entry or with a new one
 */
export function findEntries(samples: usize, count: u32): u32 {
  let found: u32 = 0;
  for (let sample: u32 = 0; sample < count; sample++) {
    const known = entryCount;
    const entry = entryOf(keyOf(samples + sample * featureCount));
    store<i32>(entries + (sample << 2), entry);
    if (entry >= 0 && entry < <i32>known) continue;
    store<u32>(misses + (found << 2), sample);
    found++;
  }
  return found;
}

function entryOf(key: u64): i32 {
  const mask: u32 = (1 << slotBits) - 1;
  let slot = <u32>((key * GOLDEN_RATIO) >> (64 - slotBits));
  for (;;) {
    const entry = load<u32>(hashSlots + (slot << 2));
    if (entry === 0) break;
    if (load<u64>(keys + ((entry - 1) << 3)) === key) return entry - 1;
    slot = (slot + 1) & mask;
  }
  if (entryCount === entryCapacity) return -1;
  store<u64>(keys + (entryCount << 3), key);
  store<u32>(hashSlots + (slot << 2), entryCount + 1);
  return entryCount++;
}

/** Four bits a value, at most sixteen of them. */
function keyOf(sample: usize): u64 {
  const low = nibbles(load<u64>(sample), min(featureCount, NIBBLES));
  return featureCount > NIBBLES ? low | (nibbles(load<u64>(sample, NIBBLES), featureCount - NIBBLES) << 32) : low;
}

function nibbles(bytes: u64, count: u32): u64 {
  let packed = bytes & (u64.MAX_VALUE >> ((NIBBLES - count) << 3));
  packed = (packed | (packed >> 4)) & LOW_BYTES;
  packed = (packed | (packed >> 8)) & LOW_HALVES;
  return (packed | (packed >> 16)) & 0xffffffff;
}
