import { BLOCK_ROWS, type Kernel, type KernelModel, type NoKernelReason } from './kernel';
import { decimalWasm } from './wasm';
import { copyIntoMemory, instantiate, type WasmInstance } from './wasm-instance';
import type { Samples } from '../knn/search';
import type { TrainingSet } from '../model/model';

/** Rows that are stored together, feature by feature, and compared in one pass. */
const ROWS_PER_BLOCK = 16;
/** Candidates whose distances are computed together. */
const ROWS_PER_STEP = 4;
const MAX_K = 8;
const MAX_QUANTIZED = 32767;
/** Lower limit of the largest training value, which is a divisor. */
const TINY = 1e-9;
/** The rows of 64 features take 80 MB in each thread. */
const MAX_ROWS = 131_072;

export function createDecimalKernel(model: KernelModel): Kernel | NoKernelReason {
  const { training, file } = model;
  if (file.metric !== 'euclidean') return 'unsupported-metric';
  if (file.k > MAX_K) return 'too-many-neighbors';
  if (training.rows > MAX_ROWS) return 'too-many-rows';
  const instance = instantiate(decimalWasm);
  return instance === null ? 'no-simd' : new DecimalKernel(instance, model);
}

/**
 * Euclidean k-NN for samples of decimals, in WebAssembly.
 *
 * Rows are ordered by h = |x|² / 2 − q · x of a row x and the sample q. The product is computed from 16-bit integers:
 * x̂ and q̂ are x S and q t rounded, their sums of products are exact in 32 bits, and
 *
 *     |q · x − q̂ · x̂ / (t S)| ≤ (|x̂|₁ + |q̂|₁ + n / 2) / (2 t S)
 *
 * because each rounding changes a factor by at most ½. Single precision adds 8 u (X² / 2 + |q| X), where u = 2⁻²⁴ and X
 * is the norm of the longest row (Higham 2002, Accuracy and Stability of Numerical Algorithms, section 3.1). Let e be
 * the sum of both errors. A row whose h exceeds an upper bound of the k-th smallest h by more than 2 e is not among the
 * k nearest and ties with none of them. The k-th smallest of the minima of sixteen columns is such a bound. The
 * distances of the few remaining rows are computed in double precision as the reference does; e is enlarged by its
 * rounding.
 */
class DecimalKernel implements Kernel {
  readonly name = 'decimal';
  readonly status: Uint8Array;
  readonly benign: Float64Array;
  readonly malignant: Float64Array;
  readonly fullScans = 0;
  private readonly samples: Float64Array;
  private readonly featureCount: number;
  private readonly rule: string;

  constructor(
    private readonly instance: WasmInstance,
    model: KernelModel,
  ) {
    this.featureCount = model.training.featureCount;
    this.rule = model.file.rule === 'votes' ? 'votes' : 'classRatio';
    const { status, benign, malignant, samples } = initialize(instance, model);
    this.status = status;
    this.benign = benign;
    this.malignant = malignant;
    this.samples = samples;
  }

  get candidates(): number {
    return this.instance.get('candidateCount') >>> 0;
  }

  scoreBlock(samples: Samples, first: number, count: number): void {
    const block = samples.subarray(first * this.featureCount, (first + count) * this.featureCount);
    if (block instanceof Float64Array) this.samples.set(block);
    else for (let i = 0; i < block.length; i++) this.samples[i] = block[i] === 0 ? NaN : block[i];
    this.instance.call(this.rule, count);
  }
}

function initialize(instance: WasmInstance, { training, file }: KernelModel) {
  const { featureCount } = training;
  const evenCount = roundUp(featureCount, 2);
  const centers = Float64Array.from(file.scaling?.center ?? new Float64Array(featureCount));
  const scales = Float64Array.from(file.scaling?.scale ?? new Float64Array(featureCount).fill(1));
  const { arrays, blockCount, ...norms } = layOutRows(training, centers, scales);
  const malignantRows = training.labels.filter((label) => label === 1).length;
  const settings = {
    features: featureCount,
    blockCount,
    k: file.k,
    benignNearest: Math.min(file.k, training.rows - malignantRows),
    malignantNearest: Math.min(file.k, malignantRows),
    alarmNumerator: file.alarm.numerator,
    alarmDenominator: file.alarm.denominator,
    ...norms,
  };
  for (const [name, value] of Object.entries(settings)) instance.set(name, value);
  return copyIntoMemory(instance, {
    ...arrays,
    centers,
    scales,
    scaled: new Float64Array(featureCount),
    quantizedSample: new Int16Array(evenCount),
    keys: new Float32Array(blockCount * ROWS_PER_BLOCK),
    smallestKeys: new Uint32Array(MAX_K),
    nearBenign: new Float64Array(file.k + 1).fill(Infinity),
    nearMalignant: new Float64Array(file.k + 1).fill(Infinity),
    candidates: new Uint32Array(blockCount * ROWS_PER_BLOCK + ROWS_PER_STEP),
    squares: new Float64Array(blockCount * ROWS_PER_BLOCK + ROWS_PER_STEP),
    samples: new Float64Array(BLOCK_ROWS * featureCount),
    status: new Uint8Array(BLOCK_ROWS),
    benign: new Float64Array(BLOCK_ROWS),
    malignant: new Float64Array(BLOCK_ROWS),
  });
}

/** Scaled rows, benign first: as 16-bit integers by block and pair of features, and as doubles row by row. */
function layOutRows({ samples, labels, featureCount }: TrainingSet, centers: Float64Array, scales: Float64Array) {
  const rowsOf = (label: number) => Array.from(labels.keys()).filter((row) => labels[row] === label);
  const [benign, malignant] = [rowsOf(0), rowsOf(1)];
  const benignBlocks = Math.ceil(benign.length / ROWS_PER_BLOCK);
  const blockCount = benignBlocks + Math.ceil(malignant.length / ROWS_PER_BLOCK);
  const scaled = samples.map((value, i) => (value - centers[i % featureCount]) / scales[i % featureCount]);
  const rowQuantizationScale =
    MAX_QUANTIZED / scaled.reduce((largest, value) => Math.max(largest, Math.abs(value)), TINY);
  const rows = new Float64Array(blockCount * ROWS_PER_BLOCK * featureCount).fill(Infinity);
  const writeRow = (row: number, at: number) =>
    rows.set(scaled.subarray(row * featureCount, (row + 1) * featureCount), at * featureCount);
  benign.forEach(writeRow);
  malignant.forEach((row, index) => writeRow(row, benignBlocks * ROWS_PER_BLOCK + index));
  const { halfSquares, ...largest } = rowNorms(rows, featureCount, rowQuantizationScale);
  const arrays = { rows, halfSquares, blocks: quantize(rows, featureCount, rowQuantizationScale) };
  return { arrays, blockCount, benignBlocks, rowQuantizationScale, ...largest };
}

/** Half the squared norm of each row; the largest norm, and the largest L2 and L1 norm of a quantized row. */
function rowNorms(rows: Float64Array, featureCount: number, quantizationScale: number) {
  const halfSquares = new Float32Array(rows.length / featureCount).fill(Infinity);
  const largest = { maxNorm: 0, maxQuantizedNorm: 1, maxQuantizedL1: 0 };
  for (let row = 0; row < halfSquares.length; row++) {
    const values = rows.subarray(row * featureCount, (row + 1) * featureCount);
    if (values[0] === Infinity) continue;
    const quantized = values.map((value) => Math.round(value * quantizationScale));
    halfSquares[row] = sumOfSquares(values) / 2;
    largest.maxNorm = Math.max(largest.maxNorm, Math.sqrt(sumOfSquares(values)));
    largest.maxQuantizedNorm = Math.max(largest.maxQuantizedNorm, Math.sqrt(sumOfSquares(quantized)));
    largest.maxQuantizedL1 = Math.max(
      largest.maxQuantizedL1,
      quantized.reduce((sum, value) => sum + Math.abs(value), 0),
    );
  }
  return { halfSquares, ...largest };
}

function quantize(rows: Float64Array, featureCount: number, quantizationScale: number): Int16Array {
  const evenCount = roundUp(featureCount, 2);
  const blocks = new Int16Array((rows.length / featureCount) * evenCount);
  rows.forEach((value, i) => {
    const [row, feature] = [Math.floor(i / featureCount), i % featureCount];
    const pair = Math.floor(row / ROWS_PER_BLOCK) * (evenCount / 2) + (feature >> 1);
    if (value !== Infinity)
      blocks[(pair * ROWS_PER_BLOCK + (row % ROWS_PER_BLOCK)) * 2 + (feature & 1)] = Math.round(
        value * quantizationScale,
      );
  });
  return blocks;
}

function sumOfSquares(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

function roundUp(count: number, multiple: number): number {
  return Math.ceil(count / multiple) * multiple;
}
