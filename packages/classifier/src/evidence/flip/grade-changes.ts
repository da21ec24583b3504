import type { ChangedRows } from '../scalar-grade-search';
import type { RankedRows } from '../ranked-rows';
import type { RowRange } from '../row-range';

/** What another grade of one feature does to the rows' sums of parts. */
export class GradeChange {
  /** Added to every row's sum. */
  readonly deltas: Int32Array;
  /** Every row's sum with it. */
  readonly packedDistances: Int32Array;
  /** Whether that holds for all rows, or just those that were asked for. */
  isFilled = false;

  /**
   * @param to the sample's new grade; NaN for that which is best for each row: its own, which leaves no difference.
   *   Nothing brings it nearer.
   */
  constructor(
    private readonly rankedRows: RankedRows,
    readonly feature: number,
    readonly to: number,
  ) {
    this.deltas = rankedRows.search.allocateInt32(rankedRows.all.end);
    this.packedDistances = rankedRows.search.allocateInt32(rankedRows.all.end);
  }

  /** How far the new grade is from the sample's, with its sign. */
  get step(): number {
    return this.to - this.rankedRows.sample[this.feature];
  }

  fillAll(): this {
    if (!this.isFilled) this.fill(this.rankedRows.all);
    this.isFilled = true;
    return this;
  }

  /** For the sample that the standing has taken. */
  fill(range: RowRange): void {
    const { search, columns, terms, packedDistances } = this.rankedRows;
    const rows: ChangedRows = {
      column: columns[this.feature],
      currentTerms: terms[this.feature],
      packedDistances,
      deltas: this.deltas,
      changedDistances: this.packedDistances,
    };
    search.applyChange(rows, Number.isNaN(this.to) ? 0 : this.to, range);
  }
}

/** Other grades of one feature, kept from sample to sample. */
export class GradeChanges {
  /** By how far the grade is from the sample's; the lower one first. */
  bySize: readonly (readonly GradeChange[])[] = [];
  readonly bestCase: GradeChange;
  private readonly byGrade: readonly GradeChange[];

  constructor(
    private readonly rankedRows: RankedRows,
    private readonly feature: number,
  ) {
    this.byGrade = Array.from(
      { length: rankedRows.packedMetric.maxGrade + 1 },
      (_, grade) => new GradeChange(rankedRows, feature, grade),
    );
    this.bestCase = new GradeChange(rankedRows, feature, NaN);
  }

  /** For the sample that the standing has taken, in which the feature was measured; fills in a span of the rows. */
  start(range: RowRange): void {
    const currentGrade = this.rankedRows.sample[this.feature];
    const others = this.byGrade.filter(({ to }) => to > 0 && to !== currentGrade);
    this.bySize = this.byGrade.map((_, size) =>
      others.filter(({ to }) => to === currentGrade - size || to === currentGrade + size),
    );
    this.bestCase.isFilled = false;
    for (const change of others) {
      change.isFilled = false;
      change.fill(range);
    }
  }
}
