import type { Standing } from './standing';

/** What another grade of one feature does to the rows' sums of parts. */
export interface Shift {
  readonly feature: number;
  /** The sample's new grade. */
  readonly to: number;
  /** Added to every row's sum. */
  readonly more: Int32Array;
  /** Every row's sum with it. */
  readonly sums: Int32Array;
}

/** Another grade of one feature at a time. Owns the shifts and fills them anew for every sample. */
export class FeatureShifts {
  /** By how far the grade is from the sample's; the lower one first. */
  bySize: readonly (readonly Shift[])[] = [];
  /** No grade, but the best of all for each row: its own, which leaves no difference. Nothing brings it nearer. */
  readonly ideal: Shift;
  private readonly byGrade: readonly Shift[];

  constructor(
    private readonly standing: Standing,
    private readonly feature: number,
  ) {
    const rows = standing.sums.length;
    const createShift = (to: number) => ({ feature, to, more: new Int32Array(rows), sums: new Int32Array(rows) });
    this.byGrade = Array.from({ length: standing.scale.highest + 1 }, (_, grade) => createShift(grade));
    this.ideal = createShift(NaN);
  }

  /** For the sample that the standing has taken, in which the feature was measured. */
  fill(): void {
    const { byGrade, feature, standing } = this;
    const own = standing.sample[feature];
    this.bySize = byGrade.map((_, size) => [own - size, own + size].filter((to) => size > 0 && to in byGrade && to > 0).map((to) => byGrade[to]));
    for (const shift of this.bySize.flat()) this.fillShift(shift);
    this.fillIdeal();
  }

  private fillShift({ to, more, sums }: Shift): void {
    const { columns, parts, scale, sums: ownSums } = this.standing;
    const column = columns[this.feature];
    const own = parts[this.feature];
    const first = to * (scale.highest + 1);
    for (let i = 0; i < more.length; i++) {
      more[i] = scale.parts[first + column[i]] - own[i];
      sums[i] = ownSums[i] + more[i];
    }
  }

  private fillIdeal(): void {
    const { columns, parts, scale, sums: ownSums } = this.standing;
    const column = columns[this.feature];
    const own = parts[this.feature];
    const { more, sums } = this.ideal;
    for (let i = 0; i < more.length; i++) {
      more[i] = scale.parts[column[i] * (scale.highest + 2)] - own[i];
      sums[i] = ownSums[i] + more[i];
    }
  }
}
