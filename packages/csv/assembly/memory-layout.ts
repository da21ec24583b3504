/* oxlint-disable prefer-const -- the host sets what is exported */

/** Addresses in memory, and settings. */

/** The shard, followed by zeros. */
export let input: usize = 0;
export let length: u32 = 0;

/** Bytes that end a cell, and a record. */
export let delimiter: u32 = 0;
export let line: u32 = 0;
/** Address of the line end (two bytes) that is written after a row without one of its own. */
export let lineEnd: usize = 0;
export let lineEndLength: u32 = 0;

export let columns: u32 = 0;
/** Wanted columns. */
export let featureCount: u32 = 0;
export let maxValue: u32 = 0;
/** i32 per column: its place in a row of values, or -1. */
export let featureOfColumn: usize = 0;
/** u8 per byte: whether it ends a run of cell content; whether a formula may begin with it. */
export let cellEndBytes: usize = 0;
export let formulas: usize = 0;
/** i16 per byte: the value of a cell of this byte alone, or -1. */
export let singleByteValues: usize = 0;
/** Tokens that stand for a missing value: the length of each in a byte, then its bytes. */
export let tokens: usize = 0;
export let tokenCount: u32 = 0;

/** Columns of the table: u32, u32, u32, u8 times featureCount, u32, u8, u8. */
export let starts: usize = 0;
export let ends: usize = 0;
export let rowEnds: usize = 0;
export let values: usize = 0;
export let missingMasks: usize = 0;
export let fastParsed: usize = 0;
export let copyable: usize = 0;
export let capacity: u32 = 0;

/** Entries of the samples seen so far: u32 per slot of a hash table, 0 or entry + 1; and u64 per entry, its values. */
export let hashSlots: usize = 0;
export let slotBits: u32 = 0;
export let keys: usize = 0;
export let entryCapacity: u32 = 0;
/** i32 per sample: its entry, or -1. */
export let entries: usize = 0;
/** u32 each: samples without a cached text. */
export let misses: usize = 0;

/** u32 and u32 per entry: where its text lies in `texts`, or NO_TEXT. */
export let textStarts: usize = 0;
export let textEnds: usize = 0;
export let texts: usize = 0;
/** Buffer that rows are written to. */
export let output: usize = 0;
export let outputCapacity: u32 = 0;
