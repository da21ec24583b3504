/** Items per call: enough that the call costs nothing per item. */
const BLOCK_ITEMS = 64;

/**
 * Calls `handle` with one range of items after the other: from `start` to before `end`. For loops over all rows of a shard in
 * which much happens: V8 compiles the handler once, because it is called often. Of a function that is called once per
 * shard it compiles the running loop, gives that up at its end, and starts again with the next shard.
 */
export function forEachBlock(count: number, handle: (start: number, end: number) => void): void {
  for (let start = 0; start < count; start += BLOCK_ITEMS) handle(start, Math.min(start + BLOCK_ITEMS, count));
}
