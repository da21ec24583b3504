import type { RankedRows } from '../ranked-rows';
import type { RowRange } from '../row-range';

const { clz32 } = Math;

/**
 * The places of a span that can be among its k nearest for some subset of the measured features. A row that lies between
 * the sample and another row in every feature is as near as that row or nearer for every subset (for Bray-Curtis as
 * for Euclidean), so that k such rows make the other one superfluous; those of them that are superfluous themselves
 * are so because of k others still further in. They come at earlier places; so does one of two that look the same.
 */
export function nonDominatedRows(rankedRows: RankedRows, range: RowRange, k: number): number[] {
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

/** Bit sets of the span's rows whose grade lies between the sample's and a given grade, one after the other by grade. */
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
 * How many training rows of a span are in all of the sets; may stop at the limit, which the nearest mostly come to.
 * @param firstWords where each feature's set begins
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
