import type { Game } from './coalitions';
import type { GradeRule } from './graderule';
import type { GradeSearch } from './nearestgrades';
import { shortlist } from './shortlist';
import type { RowsOfClasses, Standing } from './standing';

/** The measured features of a sample as players: a coalition is worth the probability by the distance on it alone. */
export class GradeGame {
  private readonly parts: readonly Int32Array[];
  /** By depth. */
  private readonly sums: readonly Int32Array[];
  private readonly weights: Int32Array;

  constructor(
    private readonly standing: Standing,
    private readonly rule: GradeRule,
    private readonly search: GradeSearch,
  ) {
    const int32s = () => search.int32s(standing.all.to);
    this.parts = standing.columns.map(int32s);
    this.sums = standing.columns.map(int32s);
    this.weights = int32s();
  }

  /** For the sample that the standing has taken; good until the next call. */
  begin(): Game {
    const { standing, rule, search, parts, sums } = this;
    const { measured } = standing;
    const rows = rule.countsTies ? this.takeAll() : this.takeShortlist(rule.k);
    const count = rows.all.to;
    return {
      players: measured.length,
      worth: (depth, player) => rule.probability(sums[depth], parts[player], rows),
      join: (depth, player) => search.add(sums[depth], parts[player], sums[depth + 1], count),
    };
  }

  private takeAll(): RowsOfClasses {
    const { standing, parts } = this;
    standing.measured.forEach((feature, player) => parts[player].set(standing.parts[feature]));
    return standing;
  }

  private takeShortlist(k: number): RowsOfClasses {
    const { standing, weights, parts } = this;
    const [benign, malignant] = standing.spans.map((span) => shortlist(standing, span, k));
    const places = Int32Array.from([...benign, ...malignant]);
    standing.measured.forEach((feature, player) => pick(standing.parts[feature], places, parts[player]));
    pick(standing.weights, places, weights);
    const all = { from: 0, to: places.length };
    const spans = [{ from: 0, to: benign.length }, { from: benign.length, to: places.length }] as const; // prettier-ignore
    return { weights, all, spans };
  }
}

function pick(values: Int32Array, places: Int32Array, out: Int32Array): void {
  for (let i = 0; i < places.length; i++) out[i] = values[places[i]];
}
