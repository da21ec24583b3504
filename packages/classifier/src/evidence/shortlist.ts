import type { Span, Standing } from './standing';

const { clz32 } = Math;

/**
 * The places of a span that can be among its k nearest for some subset of the measured features. A row that lies between
 * the sample and another row in every feature is as near as that row or nearer for every subset (for Bray-Curtis as
 * for Euclidean), so that k such rows make the other one superfluous; those of them that are superfluous themselves
 * are so because of k others still further in. They come at earlier places; so does one of two that look the same.
 */
export function shortlist(standing: Standing, span: Span, k: number): number[] {
  const { columns, measured, weights } = standing;
  const words = wordsOf(span);
  const between = measured.map((feature) => rowsBetween(standing, feature, span));
  const columnsMeasured = measured.map((feature) => columns[feature]);
  const firstWords = new Int32Array(measured.length);
  const places: number[] = [];
  for (let place = span.from; place < span.to; place++) {
    for (let i = 0; i < firstWords.length; i++) firstWords[i] = columnsMeasured[i][place] * words;
    if (weightInAll(between, firstWords, weights, { from: span.from, to: place }, k) < k) places.push(place);
  }
  return places;
}

/** Bit sets of the span's rows whose grade lies between the sample's and a given grade, one after the other by grade. */
function rowsBetween({ columns, sample, scale }: Standing, feature: number, { from, to }: Span): Int32Array {
  const words = wordsOf({ from, to });
  const sets = new Int32Array((scale.highest + 1) * words);
  for (let place = from; place < to; place++) {
    sets[columns[feature][place] * words + ((place - from) >> 5)] |= 1 << (place - from);
  }
  const own = sample[feature] * words;
  for (let i = own - 1; i >= 0; i--) sets[i] |= sets[i + words];
  for (let i = own + words; i < sets.length; i++) sets[i] |= sets[i - words];
  return sets;
}

/**
 * How many training rows of a span are in all of the sets; may stop at the limit, which the nearest mostly come to.
 * @param firstWords where each feature's set begins
 */
function weightInAll(between: readonly Int32Array[], firstWords: Int32Array, weights: Int32Array, span: Span, limit: number): number {
  let weight = 0;
  for (let first = span.from, word = 0; first < span.to && weight < limit; first += 32, word++) {
    let rows = span.to - first < 32 ? (1 << (span.to - first)) - 1 : -1;
    for (let i = 0; i < firstWords.length; i++) rows &= between[i][firstWords[i] + word];
    for (; rows !== 0; rows &= rows - 1) weight += weights[first + 31 - clz32(rows & -rows)];
  }
  return weight;
}

function wordsOf({ from, to }: Span): number {
  return (to - from + 31) >> 5;
}
