import type { RowRange } from '../row-range';
import type { CooperativeGame } from './coalitions';
import type { GradeRule } from '../grade-rule';
import type { GradeSearch } from '../scalar-grade-search';
import { nonDominatedRows } from './dominance-filter';
import type { RankedRows } from '../ranked-rows';
import type { ClassRanges } from '../row-range';

/** The measured features of a sample as players: a coalition is worth the probability by the distance on it alone. */
export class PartialDistanceGame {
  private readonly terms: readonly Int32Array[];
  /** By depth. */
  private readonly packedDistances: readonly Int32Array[];
  private readonly multiplicities: Int32Array;

  constructor(
    private readonly rankedRows: RankedRows,
    private readonly rule: GradeRule,
    private readonly search: GradeSearch,
  ) {
    const int32s = () => search.allocateInt32(rankedRows.all.end);
    this.terms = rankedRows.columns.map(int32s);
    this.packedDistances = rankedRows.columns.map(int32s);
    this.multiplicities = int32s();
  }

  /** For the sample that the standing has taken; good until the next call. */
  start(): CooperativeGame {
    const { rankedRows, rule, search, terms, packedDistances } = this;
    const { measured } = rankedRows;
    const selectedRows = rule.tiesVote ? this.useAllRows() : this.useNonDominatedRows(rule.k);
    const count = selectedRows.all.end;
    return {
      players: measured.length,
      coalitionValue: (depth, player) => rule.probability(packedDistances[depth], terms[player], selectedRows),
      addPlayer: (depth, player) =>
        search.add(packedDistances[depth], terms[player], packedDistances[depth + 1], count),
    };
  }

  private useAllRows(): ClassRanges {
    const { rankedRows, terms } = this;
    rankedRows.measured.forEach((feature, player) => terms[player].set(rankedRows.terms[feature]));
    return rankedRows;
  }

  private useNonDominatedRows(k: number): ClassRanges {
    const { rankedRows, multiplicities, terms } = this;
    const [benign, malignant] = rankedRows.classRanges.map((range) => nonDominatedRows(rankedRows, range, k));
    const rows = Int32Array.from([...benign, ...malignant]);
    rankedRows.measured.forEach((feature, player) => copyRows(rankedRows.terms[feature], rows, terms[player]));
    copyRows(rankedRows.multiplicities, rows, multiplicities);
    const all: RowRange = { start: 0, end: rows.length };
    const classRanges: ClassRanges['classRanges'] = [{ start: 0, end: benign.length }, { start: benign.length, end: rows.length }]; // prettier-ignore
    return { multiplicities, all, classRanges };
  }
}

function copyRows(values: Int32Array, rows: Int32Array, out: Int32Array): void {
  for (let i = 0; i < rows.length; i++) out[i] = values[rows[i]];
}
