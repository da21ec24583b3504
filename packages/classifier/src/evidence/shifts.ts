import type { Span, Standing } from './standing';

/** What another grade of one feature does to the rows' sums of parts. */
export class Shift {
  /** Added to every row's sum. */
  readonly more: Int32Array;
  /** Every row's sum with it. */
  readonly sums: Int32Array;
  /** Whether that holds for all rows, or just those that were asked for. */
  isComplete = false;

  /**
   * @param to the sample's new grade; NaN for that which is best for each row: its own, which leaves no difference.
   *   Nothing brings it nearer.
   */
  constructor(
    private readonly standing: Standing,
    readonly feature: number,
    readonly to: number,
  ) {
    this.more = standing.search.int32s(standing.all.to);
    this.sums = standing.search.int32s(standing.all.to);
  }

  /** How far the new grade is from the sample's, with its sign. */
  get by(): number {
    return this.to - this.standing.sample[this.feature];
  }

  complete(): this {
    if (!this.isComplete) this.fill(this.standing.all);
    this.isComplete = true;
    return this;
  }

  /** For the sample that the standing has taken. */
  fill(span: Span): void {
    const { search, columns, parts, sums } = this.standing;
    const rows = { column: columns[this.feature], own: parts[this.feature], sums, more: this.more, shifted: this.sums };
    search.shift(rows, Number.isNaN(this.to) ? 0 : this.to, span);
  }
}

/** Other grades of one feature, kept from sample to sample. */
export class FeatureShifts {
  /** By how far the grade is from the sample's; the lower one first. */
  bySize: readonly (readonly Shift[])[] = [];
  readonly ideal: Shift;
  private readonly byGrade: readonly Shift[];

  constructor(
    private readonly standing: Standing,
    private readonly feature: number,
  ) {
    this.byGrade = Array.from({ length: standing.scale.highest + 1 }, (_, grade) => new Shift(standing, feature, grade));
    this.ideal = new Shift(standing, feature, NaN);
  }

  /** For the sample that the standing has taken, in which the feature was measured; fills in a span of the rows. */
  begin(span: Span): void {
    const own = this.standing.sample[this.feature];
    const others = this.byGrade.filter(({ to }) => to > 0 && to !== own);
    this.bySize = this.byGrade.map((_, size) => others.filter(({ to }) => to === own - size || to === own + size));
    this.ideal.isComplete = false;
    for (const shift of others) {
      shift.isComplete = false;
      shift.fill(span);
    }
  }
}
