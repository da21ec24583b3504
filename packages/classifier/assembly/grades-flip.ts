/** Searches the smallest flip of a record of grades. Layout and packed distances: see `grades-layout.ts`. */

import { meanDistance, score, benignScore, malignantScore } from './class-scores';
import {
  benignCount, benignEnd, bestCases, changed, changeIndex, changes, gradeOf, isRatio, isVotes, k, malignantCount,
  maxGrade, ownChanges, ownDistances, ownNearest, players, rows, rowsAt, sums, zeros,
} from './grades-layout'; // prettier-ignore
import { distanceOf, farthestKey, modelKeys, sumOfDistances, takeNearest } from './nearest-rows';

/** The flip found: players and their new grades; both the same for a change of one feature. */
export let firstPlayer: u32 = 0;
export let firstGrade: i32 = 0;
export let secondPlayer: u32 = 0;
export let secondGrade: i32 = 0;

/** Decides with the model's rule whether these scores give the other class. */
declare function isFlip(benign: f64, malignant: f64): bool;

let ownStart: u32 = 0;
let ownEnd: u32 = 0;
let ownCount: u32 = 0;
/** Vectors of an array of `ownDistances` or `ownChanges`. */
let ownVectors: u32 = 0;
let otherStart: u32 = 0;
let otherEnd: u32 = 0;
/** Number of the other class's nearest rows whose distances decide. */
let otherCount: u32 = 0;
let ratioLimit: f64 = 0;
let distanceOffset: f64 = 0;

/**
 * Finds the smallest change of one or two players' grades that flips the class: fewest features first, then the least
 * total change, then features in order, the smaller change of the first feature, the lower grades.
 *
 * A change can flip the class only if (distance to the other class + `offset`) ≤ (distance to the own class + `offset`)
 * × `limit`. Distances to a class are the mean of its k nearest rows, or with votes that of its row whose vote decides.
 * @param isMalignant the sample's class. @param votes the fewest votes with which the other class can win
 * @returns whether there is one
 */
export function findFlip(isMalignant: bool, limit: f64, offset: f64, votes: u32): bool {
  ownStart = isMalignant ? benignEnd : 0;
  ownEnd = isMalignant ? rows : benignEnd;
  otherStart = isMalignant ? 0 : benignEnd;
  otherEnd = isMalignant ? benignEnd : rows;
  ownCount = min(k, isMalignant ? malignantCount : benignCount);
  otherCount = min(isVotes ? votes : k, isMalignant ? benignCount : malignantCount);
  ratioLimit = limit;
  distanceOffset = offset;
  ownVectors = (ownCount + 3) >> 2;
  findOwnNearest();
  collectOwnChanges();
  findBestCases();
  return findSingle() || findPair();
}

function findSingle(): bool {
  for (let size = 1; size < maxGrade; size++) {
    for (let player: u32 = 0; player < players; player++) {
      const grade = gradeOf(player);
      if (tryPair(player, grade - size, player, grade) || tryPair(player, grade + size, player, grade)) return true;
    }
  }
  return false;
}

function findPair(): bool {
  const maxSize = maxGrade - 1;
  for (let total = 2; total <= 2 * maxSize; total++) {
    for (let first: u32 = 0; first < players; first++) {
      for (let second = first + 1; second < players; second++) {
        for (let size = max(1, total - maxSize); size <= min(maxSize, total - 1); size++) {
          if (tryPairOfSizes(first, size, second, total - size)) return true;
        }
      }
    }
  }
  return false;
}

function tryPairOfSizes(first: u32, size: i32, second: u32, otherSize: i32): bool {
  const grade = gradeOf(first);
  const otherGrade = gradeOf(second);
  return (
    tryPair(first, grade - size, second, otherGrade - otherSize) ||
    tryPair(first, grade - size, second, otherGrade + otherSize) ||
    tryPair(first, grade + size, second, otherGrade - otherSize) ||
    tryPair(first, grade + size, second, otherGrade + otherSize)
  );
}

/** Whether these grades flip the class. */
function tryPair(first: u32, grade: i32, second: u32, otherGrade: i32): bool {
  if (grade < 1 || grade > maxGrade || otherGrade < 1 || otherGrade > maxGrade) return false;
  const change = changeOf(first, grade);
  const otherChange = changeOf(second, otherGrade);
  const limit = limitOf(ownClassBound(changeIndex(first, grade), changeIndex(second, otherGrade)));
  if (load<f64>(bestCases + ((first * players + second) << 3)) > limit) return false;
  const distance = otherClassDistance(change, otherChange);
  if (distance > limit || !isFlippedBy(change, otherChange, distance)) return false;
  firstPlayer = first;
  firstGrade = grade;
  secondPlayer = second;
  secondGrade = otherGrade;
  return true;
}

function changeOf(player: u32, grade: i32): usize {
  return rowsAt(changes, changeIndex(player, grade));
}

/** The largest distance to the other class with which a change can flip the class. */
function limitOf(ownClassDistance: f64): f64 {
  return (ownClassDistance + distanceOffset) * ratioLimit - distanceOffset;
}

function isFlippedBy(change: usize, otherChange: usize, otherClassDistance: f64): bool {
  const distances = rowsAt(sums, players);
  if (isVotes) {
    score(distances, change, otherChange, changed);
    return isFlip(benignScore, malignantScore);
  }
  const own = meanDistance(distances, change, otherChange, changed, ownStart, ownEnd, ownCount);
  if (otherClassDistance > limitOf(own)) return false;
  return ownStart === 0 ? isFlip(own, otherClassDistance) : isFlip(otherClassDistance, own);
}

/** Distance to the other class after both changes; the second is none for a change of one player. */
function otherClassDistance(change: usize, otherChange: usize): f64 {
  takeNearest(rowsAt(sums, players), change, otherChange, changed, otherStart, otherEnd, otherCount);
  return isVotes ? distanceOf(farthestKey) : sumOfDistances / otherCount;
}

/** Lower bounds of the distance to the other class: as if each row had the sample's grades of the changed players. */
function findBestCases(): void {
  for (let first: u32 = 0; first < players; first++) {
    for (let second = first; second < players; second++) {
      const otherChange = changeOf(second, second === first ? gradeOf(first) : 0);
      const distance = otherClassDistance(changeOf(first, 0), otherChange) - ROUNDING;
      store<f64>(bestCases + ((first * players + second) << 3), distance);
    }
  }
}

/** Rows of the own class nearest to the unchanged sample; of equally near ones the first. */
function findOwnNearest(): void {
  takeNearest(rowsAt(sums, players), zeros, zeros, changed, ownStart, ownEnd, ownCount);
  const limit = farthestKey;
  let found: u32 = 0;
  for (let row = ownStart; row < ownEnd && found < ownCount; row++) {
    const key = i32x4.extract_lane(modelKeys(i32x4.splat(load<i32>(changed + (row << 2)))), 0);
    if (key <= limit) store<u32>(ownNearest + (found++ << 2), row << 2);
  }
}

/** Collects the packed distances of the own nearest rows and their changes; a padding row has distance 0. */
function collectOwnChanges(): void {
  const distances = rowsAt(sums, players);
  const zero = isRatio ? 1 << 16 : 0;
  for (let rank: u32 = 0; rank < ownVectors << 2; rank++) {
    const row = load<u32>(ownNearest + (rank << 2));
    store<i32>(ownDistances + (rank << 2), rank < ownCount ? load<i32>(distances + row) : zero);
    for (let change: u32 = 0; change < changeIndex(players, 0); change++) {
      const value = rank < ownCount ? load<i32>(rowsAt(changes, change) + row) : 0;
      store<i32>(ownChanges + ((change * ownVectors) << 4) + (rank << 2), value);
    }
  }
}

/** Upper bound of the distance to the own class: that of the rows that were nearest before the change. */
function ownClassBound(change: u32, otherChange: u32): f64 {
  // With votes, a class of fewer than k rows sets no limit to the rows of the other class that vote.
  if (isVotes && ownCount < k) return Infinity;
  const a = ownChanges + ((change * ownVectors) << 4);
  const b = ownChanges + ((otherChange * ownVectors) << 4);
  let total = f32x4.splat(0);
  for (let at: usize = 0; at < ownVectors << 4; at += 16) {
    const packed = i32x4.add(i32x4.add(v128.load(ownDistances + at), v128.load(a + at)), v128.load(b + at));
    const distances = approximateDistances(packed);
    total = isVotes ? f32x4.max(total, distances) : f32x4.add(total, distances);
  }
  const w = f32x4.extract_lane(total, 0);
  const x = f32x4.extract_lane(total, 1);
  const y = f32x4.extract_lane(total, 2);
  const z = f32x4.extract_lane(total, 3);
  return <f64>(isVotes ? max(max(w, x), max(y, z)) : (w + x + y + z) / <f32>ownCount) * ROUNDING_UP;
}

function approximateDistances(packed: v128): v128 {
  const keys = modelKeys(packed);
  return isRatio ? keys : f32x4.sqrt(f32x4.convert_i32x4_s(keys));
}

/** Makes up for the rounding of `approximateDistances` and their sum. */
const ROUNDING_UP: f64 = 1 + 1e-4;

/** Larger than all rounding of distances. */
const ROUNDING: f64 = 1e-9;
