/* oxlint-disable prefer-const -- the host sets what is exported */

/**
 * Finds the nearest training rows of samples of decimals by Euclidean distance. AssemblyScript; compiled by
 * ../../../scripts/build-wasm.mjs. ../src/kernel/decimal-kernel.ts prepares its memory and proves that results are
 * exact.
 *
 * Rows are stored in blocks of sixteen, benign first; the last block of a class is padded with rows at infinity.
 */

import { kthSmallest } from './kth-smallest';
import { insert, kthOfBoth, meanDistance } from './sorted-squares';

/** Addresses, set by the host once. */
export let blocks: usize = 0;
export let halfSquares: usize = 0;
export let rows: usize = 0;
export let centers: usize = 0;
export let scales: usize = 0;
export let scaled: usize = 0;
export let quantizedSample: usize = 0;
export let keys: usize = 0;
export let smallestKeys: usize = 0;
export let nearBenign: usize = 0;
export let nearMalignant: usize = 0;
export let candidates: usize = 0;
export let squares: usize = 0;
export let samples: usize = 0;
export let status: usize = 0;
export let benign: usize = 0;
export let malignant: usize = 0;

/** Sizes and settings, set by the host once. */
export let features: u32 = 0;
export let benignBlocks: u32 = 0;
export let blockCount: u32 = 0;
export let k: u32 = 0;
export let benignNearest: u32 = 0;
export let malignantNearest: u32 = 0;
export let maxNorm: f64 = 0;
export let maxQuantizedNorm: f64 = 0;
export let maxQuantizedL1: f64 = 0;
export let rowQuantizationScale: f64 = 0;
export let alarmNumerator: f64 = 0;
export let alarmDenominator: f64 = 0;

/** Number of rows ranked exactly so far. */
export let candidateCount: u32 = 0;

const ANSWERED: u8 = 0;
const FAR: u8 = 1;
const MISSING: u8 = 2;
const OUT_OF_RANGE: u8 = 3;

const ROWS: u32 = 16;
/** Rounding of one operation in single precision. */
const SINGLE_ROUNDING: f64 = 1.0 / 16777216.0;
/** Larger squares are not safe in single precision. */
const MAX_SQUARE: f64 = 1e36;
const MAX_NORM: f64 = 1e18;
const MAX_QUANTIZED: f64 = 32767;
const MAX_SUM: f64 = 2147483647;
/** Lower limit of the divisors below. */
const TINY: f64 = 1e-9;

let errorBound: f64 = 0;
let quantizationStep: f64 = 0;
let found: u32 = 0;

/** Per sample the mean distance to the nearest rows of each class. */
export function classRatio(count: u32): void {
  for (let row: u32 = 0; row < count; row++) {
    const sampleStatus = readSample(samples + ((row * features) << 3));
    store<u8>(status + row, sampleStatus);
    if (sampleStatus !== ANSWERED) continue;
    rankNearest(0, benignBlocks, nearBenign);
    rankNearest(benignBlocks, blockCount, nearMalignant);
    store<f64>(benign + (row << 3), meanDistance(nearBenign, benignNearest));
    store<f64>(malignant + (row << 3), meanDistance(nearMalignant, malignantNearest));
    store<u8>(status + row, isBeyondAlarm(kthOfBoth(k, nearBenign, nearMalignant)) ? FAR : ANSWERED);
  }
}

/** Per sample the number of rows of each class at or within the distance of the k-th nearest row. */
export function votes(count: u32): void {
  for (let row: u32 = 0; row < count; row++) {
    const sampleStatus = readSample(samples + ((row * features) << 3));
    store<u8>(status + row, sampleStatus);
    if (sampleStatus !== ANSWERED) continue;
    rankNearest(0, blockCount, nearBenign);
    const kth = load<f64>(nearBenign + ((k - 1) << 3));
    countVotes(kth, row);
    store<u8>(status + row, isBeyondAlarm(kth) ? FAR : ANSWERED);
  }
}

/** Scales and quantizes the sample. @returns its status */
function readSample(sample: usize): u8 {
  let square: f64 = 0;
  let maxValue: f64 = 0;
  for (let feature: u32 = 0; feature < features; feature++) {
    const at = feature << 3;
    const raw = load<f64>(sample + at);
    if (raw !== raw) return MISSING;
    const value = (raw - load<f64>(centers + at)) / load<f64>(scales + at);
    square += value * value;
    maxValue = max(maxValue, abs(value));
    store<f64>(scaled + at, value);
  }
  if (!(square < MAX_SQUARE && maxNorm < MAX_NORM)) return OUT_OF_RANGE;
  quantize(sqrt(square), maxValue);
  return ANSWERED;
}

/** Chooses the smallest step with which neither a 16-bit value nor a 32-bit sum of products can overflow. */
function quantize(norm: f64, maxValue: f64): void {
  const count = <f64>features;
  const quantizationScale = min(MAX_QUANTIZED / max(maxValue, TINY), (MAX_SUM / maxQuantizedNorm - sqrt(count)) / max(norm, TINY));
  let quantizedL1: f64 = 0;
  for (let feature: u32 = 0; feature < features; feature++) {
    const value = f64.nearest(load<f64>(scaled + (feature << 3)) * quantizationScale);
    quantizedL1 += abs(value);
    store<i16>(quantizedSample + (feature << 1), <i16>value);
  }
  quantizationStep = 1 / (quantizationScale * rowQuantizationScale);
  const quantizationError = (quantizedL1 + maxQuantizedL1 + count) * 0.5 * quantizationStep;
  const roundingError = 8 * SINGLE_ROUNDING * (maxNorm * maxNorm * 0.5 + (norm + count / quantizationScale) * (maxNorm + count / rowQuantizationScale));
  errorBound = 2.01 * (quantizationError + roundingError) + 1e-13 * (norm + maxNorm) * (norm + maxNorm) + 1e-30;
}

/** Writes the k smallest squared distances, ascending, and the squared distances of all `found` candidates. */
function rankNearest(from: u32, to: u32, nearest: usize): void {
  const bound = f32x4.splat(<f32>(<f64>estimateBlocks(from, to) + errorBound));
  let end = candidates;
  for (let block = from; block < to; block++) {
    let mask = maskOfRows(keys + (block << 6), bound);
    while (mask !== 0) {
      store<u32>(end, block * ROWS + ctz(mask));
      end += 4;
      mask &= mask - 1;
    }
  }
  found = <u32>((end - candidates) >> 2);
  candidateCount += found;
  for (let rank: u32 = 0; rank < 3; rank++) store<u32>(end + (rank << 2), load<u32>(candidates));
  for (let rank: u32 = 0; rank < found; rank += 4) computeFour(rank);
  for (let rank: u32 = 0; rank < k; rank++) store<f64>(nearest + (rank << 3), Infinity);
  for (let rank: u32 = 0; rank < found; rank++) insert(nearest, k, load<f64>(squares + (rank << 3)));
}

function maskOfRows(at: usize, bound: v128): i32 {
  const low = i16x8.narrow_i32x4_s(f32x4.le(v128.load(at), bound), f32x4.le(v128.load(at, 16), bound));
  const high = i16x8.narrow_i32x4_s(f32x4.le(v128.load(at, 32), bound), f32x4.le(v128.load(at, 48), bound));
  return i8x16.bitmask(i8x16.narrow_i16x8_s(low, high));
}

/** Computes |row|² / 2 − sample · row, which orders rows by distance. @returns an upper bound of the k-th smallest */
function estimateBlocks(from: u32, to: u32): f32 {
  let least0 = f32x4.splat(Infinity);
  let least1 = least0;
  let least2 = least0;
  let least3 = least0;
  const length = ((features + 1) & ~1) << 1;
  const sample = quantizedSample;
  const unit = f32x4.splat(<f32>quantizationStep);
  let at = blocks + (from * length << 4);
  for (let block = from; block < to; block++) {
    let sum0 = i32x4.splat(0);
    let sum1 = sum0;
    let sum2 = sum0;
    let sum3 = sum0;
    for (let pair: u32 = 0; pair < length; pair += 4) {
      const values = v128.load32_splat(sample + pair);
      sum0 = i32x4.add(sum0, i32x4.dot_i16x8_s(values, v128.load(at)));
      sum1 = i32x4.add(sum1, i32x4.dot_i16x8_s(values, v128.load(at, 16)));
      sum2 = i32x4.add(sum2, i32x4.dot_i16x8_s(values, v128.load(at, 32)));
      sum3 = i32x4.add(sum3, i32x4.dot_i16x8_s(values, v128.load(at, 48)));
      at += 64;
    }
    const half = halfSquares + (block << 6);
    const key0 = f32x4.sub(v128.load(half), f32x4.mul(f32x4.convert_i32x4_s(sum0), unit));
    const key1 = f32x4.sub(v128.load(half, 16), f32x4.mul(f32x4.convert_i32x4_s(sum1), unit));
    const key2 = f32x4.sub(v128.load(half, 32), f32x4.mul(f32x4.convert_i32x4_s(sum2), unit));
    const key3 = f32x4.sub(v128.load(half, 48), f32x4.mul(f32x4.convert_i32x4_s(sum3), unit));
    const key = keys + (block << 6);
    v128.store(key, key0);
    v128.store(key, key1, 16);
    v128.store(key, key2, 32);
    v128.store(key, key3, 48);
    least0 = f32x4.pmin(least0, key0);
    least1 = f32x4.pmin(least1, key1);
    least2 = f32x4.pmin(least2, key2);
    least3 = f32x4.pmin(least3, key3);
  }
  return kthSmallest(k, least0, least1, least2, least3, smallestKeys);
}

/**
 * Squared distances in double precision, summed in the reference's order; four rows at once, so that their latencies
 * overlap.
 */
function computeFour(rank: u32): void {
  const candidate = candidates + (rank << 2);
  const row0 = rows + ((load<u32>(candidate) * features) << 3);
  const row1 = rows + ((load<u32>(candidate, 4) * features) << 3);
  const row2 = rows + ((load<u32>(candidate, 8) * features) << 3);
  const row3 = rows + ((load<u32>(candidate, 12) * features) << 3);
  const sample = scaled;
  const length = features << 3;
  let square0: f64 = 0;
  let square1: f64 = 0;
  let square2: f64 = 0;
  let square3: f64 = 0;
  for (let feature: u32 = 0; feature < length; feature += 8) {
    const value = load<f64>(sample + feature);
    const difference0 = value - load<f64>(row0 + feature);
    const difference1 = value - load<f64>(row1 + feature);
    const difference2 = value - load<f64>(row2 + feature);
    const difference3 = value - load<f64>(row3 + feature);
    square0 += difference0 * difference0;
    square1 += difference1 * difference1;
    square2 += difference2 * difference2;
    square3 += difference3 * difference3;
  }
  store<f64>(squares + (rank << 3), square0);
  store<f64>(squares + (rank << 3), square1, 8);
  store<f64>(squares + (rank << 3), square2, 16);
  store<f64>(squares + (rank << 3), square3, 24);
}

function countVotes(kth: f64, row: u32): void {
  const firstMalignant = benignBlocks * ROWS;
  let benignVotes: u32 = 0;
  let malignantVotes: u32 = 0;
  for (let rank: u32 = 0; rank < found; rank++) {
    const isWithin = u32(load<f64>(squares + (rank << 3)) <= kth);
    const isMalignant = u32(load<u32>(candidates + (rank << 2)) >= firstMalignant);
    malignantVotes += isWithin & isMalignant;
    benignVotes += isWithin & (isMalignant ^ 1);
  }
  store<f64>(benign + (row << 3), <f64>benignVotes);
  store<f64>(malignant + (row << 3), <f64>malignantVotes);
}

function isBeyondAlarm(square: f64): bool {
  return square * alarmDenominator > alarmNumerator;
}
