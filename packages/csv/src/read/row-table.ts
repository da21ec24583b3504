/** The rows of a shard in flat arrays. Every index is a row, every offset a byte of the shard. */
export interface RowTable {
  rows: number;
  /** The row's content is [start, end), its line end [end, rowEnd). */
  start: Uint32Array;
  end: Uint32Array;
  rowEnd: Uint32Array;
  /** rows × featureColumns.length, row-major: 1..maxValue, or 0 for a missing token; all 0 where fastParsed is 0. */
  values: Uint8Array;
  /** Bit f: the value of feature f is a missing token. 0 where fastParsed is 0. */
  missingMask: Uint32Array;
  /**
   * 1: `values` is the answer. 0: the caller reads the cells, because of a quote, the number of cells or some other
   * value.
   */
  fastParsed: Uint8Array;
  /** 1 on fast-parsed rows without a cell that begins like a formula: a result file may copy them verbatim. */
  copyable: Uint8Array;
}

export interface RowOptions {
  /** Number of cells in the header. */
  columns: number;
  /** Column index per feature, in any order, each once; at most 32, which `missingMask` tells apart. */
  featureColumns: ArrayLike<number>;
  /** 1..255. */
  maxValue: number;
  /** In ASCII, e.g. '', '?', 'NA'. */
  missingTokens: readonly string[];
}
