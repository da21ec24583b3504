import type { GradeRule } from './grade-rule';
import type { GradeSearch, RowRange } from './grade-search';
import type { ClassRanges, RankedRows } from './ranked-rows';

/**
 * Exact Shapley values: a player's marginal contribution, averaged over all orders in which players can join.
 * Shapley (1953), "A value for n-person games". They sum to the value of all players minus the value of none.
 * @param coalitionValues value of every coalition, by bit mask of its players
 */
export function shapleyValues(coalitionValues: Float64Array): Float64Array {
  const players = Math.log2(coalitionValues.length);
  const values = new Float64Array(players);
  const gainsBySize = new Float64Array(players);
  const sizes = coalitionSizes(players);
  for (let player = 0; player < players; player++) {
    gainsBySize.fill(0);
    const bit = 1 << player;
    for (let mask = 0; mask < coalitionValues.length; mask++) {
      if ((mask & bit) === 0) gainsBySize[sizes[mask]] += coalitionValues[mask | bit] - coalitionValues[mask];
    }
    values[player] = meanOfMeans(gainsBySize);
  }
  return values;
}

/** A player joins coalitions of each size equally often, and each coalition of one size equally often. */
function meanOfMeans(sumsBySize: Float64Array): number {
  const others = sumsBySize.length - 1;
  let [sum, coalitions] = [0, 1];
  for (let size = 0; size <= others; size++) {
    sum += sumsBySize[size] / coalitions;
    coalitions = (coalitions * (others - size)) / (size + 1);
  }
  return sum / sumsBySize.length;
}

const sizesByPlayers: Uint8Array[] = [];

function coalitionSizes(players: number): Uint8Array {
  sizesByPlayers[players] ??= new Uint8Array(2 ** players).map(
    (_, mask, sizes) => (sizes[mask] = sizes[mask >> 1] + (mask & 1)),
  );
  return sizesByPlayers[players];
}

/** A game whose coalitions grow one player at a time. */
export interface CooperativeGame {
  readonly players: number;
  /** Value of the coalition at a depth plus one player. */
  coalitionValue(depth: number, player: number): number;
  /** Stores that larger coalition at depth + 1. */
  addPlayer(depth: number, player: number): void;
}

/**
 * Value of every coalition, by bit mask of its players. Walks the tree of subsets in which a child has one more player,
 * later than all of its parent's, so that each coalition costs one addition to its parent. Depth 0 is the empty set.
 */
export function computeCoalitionValues(game: CooperativeGame, emptyValue: number): Float64Array {
  const values = new Float64Array(2 ** game.players);
  values[0] = emptyValue;
  const visit = (mask: number, depth: number, firstPlayer: number): void => {
    for (let player = firstPlayer; player < game.players; player++) {
      const larger = mask | (1 << player);
      values[larger] = game.coalitionValue(depth, player);
      if (player === game.players - 1) return;
      game.addPlayer(depth, player);
      visit(larger, depth + 1, player + 1);
    }
  };
  visit(0, 0, 0);
  return values;
}

/** Game of the measured features of a sample: a coalition's value is the probability from its features alone. */
export class PartialDistanceGame {
  private readonly terms: readonly Int32Array[];
  /** Packed distances of the coalition at each depth. */
  private readonly packedDistances: readonly Int32Array[];
  private readonly multiplicities: Int32Array;

  constructor(
    private readonly rankedRows: RankedRows,
    private readonly rule: GradeRule,
    private readonly search: GradeSearch,
  ) {
    const allocate = () => search.allocateInt32(rankedRows.all.end);
    this.terms = rankedRows.columns.map(allocate);
    this.packedDistances = rankedRows.columns.map(allocate);
    this.multiplicities = allocate();
  }

  /** Game of the sample that `rankedRows` holds; valid until the next call. */
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

const { clz32 } = Math;

/**
 * Rows of a range that can be among its k nearest for some subset of the measured features. Drops a row if k rows lie
 * between it and the sample in every feature: for every subset they are at least as near, with Bray-Curtis as with
 * Euclidean distance. Only earlier rows are counted: those between rank earlier, and of two equal rows one ranks
 * earlier. Dropped rows are counted too, as k rows that lie further in stand for each of them.
 */
function nonDominatedRows(rankedRows: RankedRows, range: RowRange, k: number): number[] {
  const { columns, measured, multiplicities } = rankedRows;
  const words = wordCount(range);
  const rowsBetweenByFeature = measured.map((feature) => rowsBetween(rankedRows, feature, range));
  const columnsMeasured = measured.map((feature) => columns[feature]);
  const firstWords = new Int32Array(measured.length);
  const rows: number[] = [];
  for (let row = range.start; row < range.end; row++) {
    for (let i = 0; i < firstWords.length; i++) firstWords[i] = columnsMeasured[i][row] * words;
    if (multiplicityInAll(rowsBetweenByFeature, firstWords, multiplicities, { start: range.start, end: row }, k) < k)
      rows.push(row);
  }
  return rows;
}

/** One bit set per grade: the rows of the range whose grade lies between the sample's grade and this one. */
function rowsBetween(
  { columns, sample, packedMetric }: RankedRows,
  feature: number,
  { start, end }: RowRange,
): Int32Array {
  const words = wordCount({ start, end });
  const sets = new Int32Array((packedMetric.maxGrade + 1) * words);
  for (let row = start; row < end; row++) {
    sets[columns[feature][row] * words + ((row - start) >> 5)] |= 1 << (row - start);
  }
  const ownWord = sample[feature] * words;
  for (let i = ownWord - 1; i >= 0; i--) sets[i] |= sets[i + words];
  for (let i = ownWord + words; i < sets.length; i++) sets[i] |= sets[i - words];
  return sets;
}

/**
 * Number of training rows of a range that are in all sets. Stops early at the limit, which most rows reach.
 * @param firstWords index of the first word of each feature's set
 */
function multiplicityInAll(
  rowsBetweenByFeature: readonly Int32Array[],
  firstWords: Int32Array,
  multiplicities: Int32Array,
  range: RowRange,
  limit: number,
): number {
  let multiplicity = 0;
  for (let first = range.start, word = 0; first < range.end && multiplicity < limit; first += 32, word++) {
    let rows = range.end - first < 32 ? (1 << (range.end - first)) - 1 : -1;
    for (let i = 0; i < firstWords.length; i++) rows &= rowsBetweenByFeature[i][firstWords[i] + word];
    for (; rows !== 0; rows &= rows - 1) multiplicity += multiplicities[first + 31 - clz32(rows & -rows)];
  }
  return multiplicity;
}

function wordCount({ start, end }: RowRange): number {
  return (end - start + 31) >> 5;
}
