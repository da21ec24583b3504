/**
 * Evidence for one record of grades: the class scores of every coalition of features, and the smallest flip.
 * AssemblyScript; compiled by ../../../scripts/build-wasm.mjs and called by ../src/evidence/integer-analysis.ts.
 */

import { benignScore, malignantScore, score } from './class-scores';
import {
  benignScores, changed, changeIndex, changes, features, gradeOf, grades, malignantScores, maxGrade, padding, players,
  rows, rowsAt, sums, termsOf, zeros,
} from './grades-layout'; // prettier-ignore
import { add } from './nearest-rows';

export { benignScore, malignantScore } from './class-scores';
export { findFlip, firstGrade, firstPlayer, secondGrade, secondPlayer } from './grades-flip';
export * from './grades-layout';

/** Gives a player its feature and grade. */
export function setPlayer(player: u32, feature: u32, grade: i32): void {
  store<u32>(features + (player << 2), feature);
  store<i32>(grades + (player << 2), grade);
  const current = termsOf(feature, grade);
  const end = rows << 2;
  for (let other = 0; other <= maxGrade; other++) {
    const change = rowsAt(changes, changeIndex(player, other));
    const others = termsOf(feature, other);
    for (let at: usize = 0; at < end; at += 16) {
      v128.store(change + at, i32x4.sub(v128.load(others + at), v128.load(current + at)));
    }
  }
}

/** Writes the scores of every coalition of at least one player. Leaves the sample's packed distances in `sums`. */
export function scoreCoalitions(): void {
  memory.copy(sums, padding, rows << 2);
  visit(0, 0, 0);
}

/** Walks the tree of subsets in which a child has one more player, later than all of its parent's. */
function visit(coalition: u32, size: u32, first: u32): void {
  const distances = rowsAt(sums, size);
  const larger = rowsAt(sums, size + 1);
  for (let player = first; player < players; player++) {
    score(distances, termsOf(load<u32>(features + (player << 2)), gradeOf(player)), zeros, larger);
    const extended = coalition | (1 << player);
    store<f64>(benignScores + (extended << 3), benignScore);
    store<f64>(malignantScores + (extended << 3), malignantScore);
    visit(extended, size + 1, player + 1);
  }
}

/** Begins a sample in which further features have grades: `addFeature` for each, then `scoreChanged`. */
export function startChanged(): void {
  memory.copy(changed, rowsAt(sums, players), rows << 2);
}

export function addFeature(feature: u32, grade: i32): void {
  add(changed, termsOf(feature, grade), zeros, changed, 0, rows);
}

export function scoreChanged(): void {
  score(changed, zeros, zeros, changed);
}
