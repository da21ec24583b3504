/** A run of distinct rows: those of one class, or all. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

/** Distinct rows of both classes, and how many training rows each of them stands for. */
export interface ClassRanges {
  readonly multiplicities: Int32Array;
  readonly all: RowRange;
  /** By label. */
  readonly classRanges: readonly [benign: RowRange, malignant: RowRange];
}
