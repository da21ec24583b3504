/** Items per call: enough that the call costs next to nothing per item. */
const BLOCK_ITEMS = 64;

/**
 * Calls `handle` with one range of items after the other: from `start` to before `end`. For the longest loops over the
 * rows of a shard: V8 compiles `handle` once, because it is called often. A loop in a function that is called once per
 * shard is compiled while it runs, and again with the next shard.
 */
export function forEachBlock(count: number, handle: (start: number, end: number) => void): void {
  for (let start = 0; start < count; start += BLOCK_ITEMS) handle(start, Math.min(start + BLOCK_ITEMS, count));
}
