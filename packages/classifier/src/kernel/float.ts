import type { TrainingSet } from '../model';
import type { Samples } from '../search';
import { instantiate, type KernelInstance, place } from './instance';
import { BLOCK_ROWS, type Kernel, type KernelModel, type Refusal } from './kernel';
import { floatWasm } from './wasm';

/** Rows that lie and are measured together, feature by feature. */
const ROWS = 16;
/** Candidates that are measured together. */
const AT_ONCE = 4;
const PLACES = 8;
const MOST_ROWS = 65536;

export function createFloatKernel(model: KernelModel): Kernel | Refusal {
  const { training, file } = model;
  if (file.metric !== 'euclidean') return 'unfit-values';
  if (file.k > PLACES) return 'too-many-neighbors';
  if (training.rows > MOST_ROWS) return 'too-many-rows';
  const instance = instantiate(floatWasm);
  return instance === null ? 'no-simd' : new FloatKernel(instance, model);
}

/**
 * Euclidean k-NN among samples of real numbers, in WebAssembly.
 *
 * Rows are put in order by h = |row|² / 2 − sample · row in single precision. With n features, u = 2⁻²⁴ and X the longest
 * row, the rounding of inputs, products and sums moves h by less than e = (n + 3) u (X² / 2 + |sample| X), Higham (2002),
 * Accuracy and Stability of Numerical Algorithms, section 3.1. The minima of sixteen columns bound the k-th lowest h from
 * above, so that no row beyond that bound + 2 e can be among the k nearest or tie with them. The rest, a handful, are
 * measured in double precision as the reference measures. The kernel takes n + 6 for n + 3 to cover the rounding of the
 * bound itself, and adds what double precision can err in the squares.
 */
class FloatKernel implements Kernel {
  readonly name = 'float';
  readonly status: Uint8Array;
  readonly benign: Float64Array;
  readonly malignant: Float64Array;
  readonly exhaustive = 0;
  private readonly samples: Float64Array;
  private readonly featureCount: number;
  private readonly rule: string;

  constructor(
    private readonly instance: KernelInstance,
    model: KernelModel,
  ) {
    this.featureCount = model.training.featureCount;
    this.rule = model.file.rule === 'votes' ? 'votes' : 'classRatio';
    const { status, benign, malignant, samples } = prepare(instance, model);
    this.status = status;
    this.benign = benign;
    this.malignant = malignant;
    this.samples = samples;
  }

  get candidates(): number {
    return this.instance.get('candidateCount') >>> 0;
  }

  measure(samples: Samples, first: number, count: number): void {
    const given = samples.subarray(first * this.featureCount, (first + count) * this.featureCount);
    if (given instanceof Float64Array) this.samples.set(given);
    else for (let i = 0; i < given.length; i++) this.samples[i] = given[i] === 0 ? NaN : given[i];
    this.instance.call(this.rule, count);
  }
}

function prepare(instance: KernelInstance, { training, file }: KernelModel) {
  const { featureCount } = training;
  const evenCount = roundUp(featureCount, 2);
  const centers = Float64Array.from(file.scaling?.center ?? new Float64Array(featureCount));
  const scales = Float64Array.from(file.scaling?.scale ?? new Float64Array(featureCount).fill(1));
  const layout = layRowsOut(training, centers, scales);
  const { blockCount, benignBlocks, longest, ...arrays } = layout;
  const malignantRows = training.labels.filter((label) => label === 1).length;
  const settings = {
    features: featureCount,
    benignBlocks,
    blockCount,
    k: file.k,
    benignNearest: Math.min(file.k, training.rows - malignantRows),
    malignantNearest: Math.min(file.k, malignantRows),
    longest,
    alarmNumerator: file.alarm.numerator,
    alarmDenominator: file.alarm.denominator,
  };
  for (const [name, value] of Object.entries(settings)) instance.set(name, value);
  return place(instance, {
    ...arrays,
    centers,
    scales,
    scaled: new Float64Array(featureCount),
    single: new Float32Array(evenCount),
    keys: new Float32Array(blockCount * ROWS),
    lowest: new Uint32Array(PLACES),
    nearBenign: new Float64Array(file.k + 1).fill(Infinity),
    nearMalignant: new Float64Array(file.k + 1).fill(Infinity),
    candidates: new Uint32Array(blockCount * ROWS + AT_ONCE),
    squares: new Float64Array(blockCount * ROWS + AT_ONCE),
    samples: new Float64Array(BLOCK_ROWS * featureCount),
    status: new Uint8Array(BLOCK_ROWS),
    benign: new Float64Array(BLOCK_ROWS),
    malignant: new Float64Array(BLOCK_ROWS),
  });
}

/** Scaled rows, benign first, in single precision by block and feature, and in double precision row by row. */
function layRowsOut({ samples, labels, featureCount }: TrainingSet, centers: Float64Array, scales: Float64Array) {
  const rowsOf = (label: number) => Array.from(labels.keys()).filter((row) => labels[row] === label);
  const [benign, malignant] = [rowsOf(0), rowsOf(1)];
  const benignBlocks = Math.ceil(benign.length / ROWS);
  const blockCount = benignBlocks + Math.ceil(malignant.length / ROWS);
  const evenCount = roundUp(featureCount, 2);
  const blocks = new Float32Array(blockCount * ROWS * evenCount);
  const halfSquares = new Float32Array(blockCount * ROWS).fill(Infinity);
  const rows = new Float64Array(blockCount * ROWS * featureCount).fill(Infinity);
  let longest = 0;
  const put = (row: number, place: number) => {
    let square = 0;
    for (let feature = 0; feature < featureCount; feature++) {
      const value = (samples[row * featureCount + feature] - centers[feature]) / scales[feature];
      square += value * value;
      rows[place * featureCount + feature] = value;
      blocks[(Math.floor(place / ROWS) * evenCount + feature) * ROWS + (place % ROWS)] = value;
    }
    halfSquares[place] = square / 2;
    longest = Math.max(longest, Math.sqrt(square));
  };
  benign.forEach((row, index) => put(row, index));
  malignant.forEach((row, index) => put(row, benignBlocks * ROWS + index));
  return { blocks, halfSquares, rows, benignBlocks, blockCount, longest };
}

function roundUp(count: number, multiple: number): number {
  return Math.ceil(count / multiple) * multiple;
}
