/**
 * Finds the nearest training rows of samples of integers from 1 to 10. AssemblyScript; compiled by
 * ../../../scripts/build-wasm.mjs. ../src/kernel/integer-kernel.ts prepares its memory and explains why results are
 * exact.
 *
 * Distinct rows of a class are stored sixteen to a vector of bytes, benign first; the last vector of a class is padded
 * with rows of multiplicity 0 that are farther away than any other.
 */

import {
  missingFeatures, alarmRank, benign, benignNearest, benignVectors, candidates, cells, distances, features, rowSamples,
  rowShifts, rowSums, rowVotes, isRatio, keys, kthLane, malignant, malignantNearest, reverseLanes, numerators,
  pairTables, materialized, rankWidth, ranks, samples, reciprocals, shifts, errorBound, status, vectors, zeros,
} from './integer-layout'; // prettier-ignore
import { highest, insert, insertEight, meanDistance, forceMaterialize } from './sorted-ranks';

export * from './integer-layout';

/** Rows ranked exactly, and searches that ranked all rows, so far. */
export let candidateCount: u32 = 0;
export let fullScanCount: u32 = 0;

const GRADES: u32 = 11;
const GRADE_PAIRS: u32 = GRADES * GRADES;
/** Pairs of features that one pass over the rows sums. */
const PAIRS_PER_PASS: u32 = 5;

const ANSWERED: u8 = 0;
const FAR: u8 = 1;
const MISSING: u8 = 2;
const OUT_OF_RANGE: u8 = 3;

/** Sum of the sample; and how many of its features were not measured, which are listed in `missingFeatures`. */
let sampleSum: u32 = 0;
let missingCount: u32 = 0;
let endOfCandidates: usize = 0;

/** Per sample the mean distance to the nearest rows of each class. */
export function classRatio(rows: u32): void {
  const lanes = v128.load(reverseLanes);
  for (let row: u32 = 0; row < rows; row++) {
    const sampleStatus = readSample(samples + row * features);
    if (sampleStatus !== ANSWERED) {
      store<u8>(status + row, sampleStatus);
      continue;
    }
    sumPairs();
    const nearBenign = isRatio ? nearestByRatio(0, benignVectors) : nearestBySquare(0, benignVectors);
    const nearMalignant = isRatio ? nearestByRatio(benignVectors, vectors) : nearestBySquare(benignVectors, vectors);
    store<f64>(benign + (row << 3), meanDistance(nearBenign, benignNearest, distances, keys));
    store<f64>(malignant + (row << 3), meanDistance(nearMalignant, malignantNearest, distances, keys));
    const kth = highest(i16x8.min_u(nearBenign, i8x16.swizzle(nearMalignant, lanes)));
    store<u8>(status + row, kth > alarmRank ? FAR : ANSWERED);
  }
}

/** Per sample the number of rows of each class at or within the distance of the k-th nearest row. */
export function votes(rows: u32): void {
  const lane = v128.load(kthLane);
  for (let row: u32 = 0; row < rows; row++) {
    const sampleStatus = readSample(samples + row * features);
    if (sampleStatus !== ANSWERED) {
      store<u8>(status + row, sampleStatus);
      continue;
    }
    sumPairs();
    const nearest = isRatio ? nearestByRatio(0, vectors) : nearestBySquare(0, vectors);
    const kth = <u32>i16x8.extract_lane_u(i8x16.swizzle(nearest, lane), 0);
    const found = countVotes(kth);
    store<f64>(benign + (row << 3), <f64>(found & 0xffffffff));
    store<f64>(malignant + (row << 3), <f64>(found >> 32));
    store<u8>(status + row, kth > alarmRank ? FAR : ANSWERED);
  }
}

/** Looks up the address of the partial distances of each pair of features. @returns the sample's status */
function readSample(sample: usize): u8 {
  const stride = vectors << 4;
  let sum: u32 = 0;
  let table = pairTables;
  let cell = cells;
  missingCount = 0;
  for (let feature: u32 = 0; feature < features; feature += 2) {
    const first = <u32>load<u8>(sample + feature);
    const isPair = feature + 1 < features;
    const second = isPair ? <u32>load<u8>(sample + feature + 1) : 0;
    if (max(first, second) >= GRADES) return OUT_OF_RANGE;
    if (first === 0) addMissing(feature);
    if (isPair && second === 0) addMissing(feature + 1);
    sum += first + second;
    store<usize>(cell, table + (first * GRADES + second) * stride);
    cell += sizeof<usize>();
    table += GRADE_PAIRS * stride;
  }
  sampleSum = sum;
  return missingCount === features ? MISSING : ANSWERED;
}

function addMissing(feature: u32): void {
  store<u32>(missingFeatures + (missingCount << 2), feature);
  missingCount++;
}

/** Sums partial distances, saturating at 255. */
function sumPairs(): void {
  const length = <usize>vectors << 4;
  const pairs = (features + 1) >> 1;
  const sums = numerators;
  for (let pair: u32 = 0; pair < pairs; pair += PAIRS_PER_PASS) {
    const before = pair === 0 ? zeros : numerators;
    const first = load<usize>(cells + (pair << 2));
    const second = load<usize>(cells + (pair << 2), 4);
    const third = load<usize>(cells + (pair << 2), 8);
    const fourth = load<usize>(cells + (pair << 2), 12);
    const fifth = load<usize>(cells + (pair << 2), 16);
    for (let at: usize = 0; at < length; at += 16) {
      let sum = i8x16.add_sat_u(v128.load(first + at), v128.load(second + at));
      sum = i8x16.add_sat_u(sum, i8x16.add_sat_u(v128.load(third + at), v128.load(fourth + at)));
      sum = i8x16.add_sat_u(sum, i8x16.add_sat_u(v128.load(fifth + at), v128.load(before + at)));
      v128.store(sums + at, sum);
    }
  }
}

function nearestByRatio(from: u32, to: u32): v128 {
  if (missingCount > 0) return scanAllRows(from, to);
  const scale = reciprocals + ((<usize>(sampleSum - features) * vectors) << 5);
  const numerator = numerators;
  const key = keys;
  const width = rankWidth;
  const sums = rowSums;
  const rankOf = ranks + (sampleSum << 1);
  const shiftOf = rowShifts;
  let least = i16x8.splat(-1);
  let leastHigh = i16x8.splat(-1);
  for (let vector = from; vector < to; vector++) {
    const sixteen = v128.load(numerator + (vector << 4));
    const low = i16x8.mul(i16x8.extend_low_i8x16_u(sixteen), v128.load(scale + (vector << 5)));
    const high = i16x8.mul(i16x8.extend_high_i8x16_u(sixteen), v128.load(scale + (vector << 5), 16));
    least = i16x8.min_u(least, low);
    leastHigh = i16x8.min_u(leastHigh, high);
    v128.store(key + (vector << 5), low);
    v128.store(key + (vector << 5), high, 16);
  }
  const shiftByOne = shifts + 16;
  const kth = i8x16.swizzle(insertEight(leastHigh, insertEight(least, i16x8.splat(-1), shiftByOne), shiftByOne), v128.load(kthLane));
  const bound = forceMaterialize(materialized, i16x8.add_sat_u(kth, i16x8.splat(<i16>errorBound)));
  let nearest = i16x8.splat(-1);
  let candidate = candidates;
  for (let vector = from; vector < to; vector += 2) {
    const at = key + (vector << 5);
    const one = i8x16.narrow_i16x8_s(i16x8.le_u(v128.load(at), bound), i16x8.le_u(v128.load(at, 16), bound));
    const two = i8x16.narrow_i16x8_s(i16x8.le_u(v128.load(at, 32), bound), i16x8.le_u(v128.load(at, 48), bound));
    let mask = i8x16.bitmask(one) | (i8x16.bitmask(two) << 16);
    while (mask !== 0) {
      const distinctRow = (vector << 4) + ctz(mask);
      mask &= mask - 1;
      const ratio = load<u8>(numerator + distinctRow) * width + load<u16>(sums + (distinctRow << 1));
      const rank = <u32>load<u16>(rankOf + (ratio << 1));
      nearest = insert(nearest, rank, shifts + load<u16>(shiftOf + (distinctRow << 1)));
      candidate = append(candidate, rank, distinctRow);
    }
  }
  return countCandidates(candidate, nearest);
}

function nearestBySquare(from: u32, to: u32): v128 {
  const squares = numerators;
  const shiftOf = rowShifts;
  let least = i8x16.splat(-1);
  for (let vector = from; vector < to; vector++) {
    least = i8x16.min_u(least, v128.load(squares + (vector << 4)));
  }
  const low = i16x8.extend_low_i8x16_u(least);
  const high = i16x8.extend_high_i8x16_u(least);
  const shiftByOne = shifts + 16;
  const kth = i8x16.swizzle(insertEight(high, insertEight(low, i16x8.splat(-1), shiftByOne), shiftByOne), v128.load(kthLane));
  if (i16x8.extract_lane_u(kth, 0) >= 255) return scanAllRows(from, to);
  const bound = forceMaterialize(materialized, i8x16.narrow_i16x8_u(kth, kth));
  let nearest = i16x8.splat(-1);
  let candidate = candidates;
  for (let vector = from; vector < to; vector += 2) {
    const at = squares + (vector << 4);
    const high = i8x16.bitmask(i8x16.le_u(v128.load(at, 16), bound)) << 16;
    let mask = i8x16.bitmask(i8x16.le_u(v128.load(at), bound)) | high;
    while (mask !== 0) {
      const distinctRow = (vector << 4) + ctz(mask);
      mask &= mask - 1;
      const square = <u32>load<u8>(squares + distinctRow);
      nearest = insert(nearest, square, shifts + load<u16>(shiftOf + (distinctRow << 1)));
      candidate = append(candidate, square, distinctRow);
    }
  }
  return countCandidates(candidate, nearest);
}

/**
 * Ranks all distinct rows when there is no bound: the k-th square does not fit into a byte, or the reciprocals do not
 * apply because a feature is missing.
 */
function scanAllRows(from: u32, to: u32): v128 {
  fullScanCount++;
  let nearest = i16x8.splat(-1);
  let candidate = candidates;
  for (let distinctRow = from << 4; distinctRow < to << 4; distinctRow++) {
    const rank = isRatio ? rankOfMeasured(distinctRow) : squareOf(distinctRow);
    nearest = insert(nearest, rank, shifts + load<u16>(rowShifts + (distinctRow << 1)));
    candidate = append(candidate, rank, distinctRow);
  }
  return countCandidates(candidate, nearest);
}

function rankOfMeasured(distinctRow: u32): u32 {
  let denominator = sampleSum + load<u16>(rowSums + (distinctRow << 1));
  for (let i: u32 = 0; i < missingCount; i++) {
    denominator -= load<u8>(rowSamples + distinctRow * features + load<u32>(missingFeatures + (i << 2)));
  }
  return load<u16>(ranks + ((load<u8>(numerators + distinctRow) * rankWidth + denominator) << 1));
}

function squareOf(distinctRow: u32): u32 {
  let square: u32 = 0;
  for (let pair: u32 = 0; pair < (features + 1) >> 1; pair++) square += load<u8>(load<usize>(cells + (pair << 2)) + distinctRow);
  return square;
}

function append(candidate: usize, rank: u32, distinctRow: u32): usize {
  store<u32>(candidate, rank);
  store<u32>(candidate, distinctRow, 4);
  return candidate + 8;
}

function countCandidates(end: usize, nearest: v128): v128 {
  endOfCandidates = end;
  candidateCount += <u32>((end - candidates) >> 3);
  return nearest;
}

/** Benign rows at or within a rank in the low 32 bits, malignant rows in the high 32 bits. */
function countVotes(kth: u32): u64 {
  let found: u64 = 0;
  for (let candidate = candidates; candidate < endOfCandidates; candidate += 8) {
    found += load<u32>(candidate) <= kth ? load<u64>(rowVotes + (load<u32>(candidate, 4) << 3)) : 0;
  }
  return found;
}
