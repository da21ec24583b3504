import {
  createPairTables,
  createReciprocals,
  type DistanceRanking,
  LANES,
  MAX_GRADE,
  type PaddedRows,
  padDistinctRows,
  pairTableBytes,
  rankDistances,
} from './integer-tables';
import { BLOCK_ROWS, type Kernel, type KernelModel, type NoKernelReason } from './kernel';
import { integerWasm } from './wasm';
import { copyIntoMemory, instantiate, type WasmInstance } from './wasm-instance';
import type { Samples } from '../knn/search';
import type { TrainingSet } from '../model/model';

/** Number of 16-bit ranks in one vector. */
const MAX_K = 8;
/** Lane index beyond the vector, which a swizzle replaces by 0. */
const NO_LANE = 255;
/** Larger tables take too much memory of a small machine and do not profit from caches. */
const MAX_TABLE_BYTES = 2 ** 27;
const PAIRS_PER_PASS = 5;
const OUT_OF_RANGE_BYTE = 255;

/** @param model a model whose training samples are integers from 1 to 10 */
export function createIntegerKernel(model: KernelModel): Kernel | NoKernelReason {
  const { training, file } = model;
  if (file.k > MAX_K) return 'too-many-neighbors';
  const distinctRows = padDistinctRows(training);
  if (pairTableBytes(distinctRows, training.featureCount) > MAX_TABLE_BYTES) return 'too-many-rows';
  const ranking = rankDistances(file.metric, training.featureCount, file.alarm);
  if (ranking === null) return 'too-many-features';
  const instance = instantiate(integerWasm);
  return instance === null ? 'no-simd' : new IntegerKernel(instance, model, distinctRows, ranking);
}

/**
 * k-NN for samples of integers from 1 to 10, in WebAssembly.
 *
 * Tables hold the partial distances of each pair of grades in each pair of features to all distinct rows, so that the
 * distances of a sample are the sum of a few rows of bytes. The k-th lowest of the minima of sixteen columns is an
 * upper bound of the k-th distance, because k columns each hold a row within it. The few rows within the bound are
 * ranked exactly.
 */
class IntegerKernel implements Kernel {
  readonly name = 'integer';
  readonly status: Uint8Array;
  readonly benign: Float64Array;
  readonly malignant: Float64Array;
  private readonly samples: Uint8Array;
  private readonly featureCount: number;
  private readonly rule: string;

  constructor(
    private readonly instance: WasmInstance,
    { training, file }: KernelModel,
    distinctRows: PaddedRows,
    ranking: DistanceRanking,
  ) {
    this.featureCount = training.featureCount;
    this.rule = file.rule === 'votes' ? 'votes' : 'classRatio';
    const { status, benign, malignant, samples } = initialize(instance, training, file.k, distinctRows, ranking);
    this.status = status;
    this.benign = benign;
    this.malignant = malignant;
    this.samples = samples;
  }

  get candidates(): number {
    return this.instance.get('candidateCount') >>> 0;
  }

  get fullScans(): number {
    return this.instance.get('fullScanCount') >>> 0;
  }

  scoreBlock(samples: Samples, first: number, count: number): void {
    const block = samples.subarray(first * this.featureCount, (first + count) * this.featureCount);
    if (block instanceof Uint8Array) this.samples.set(block);
    else for (let i = 0; i < block.length; i++) this.samples[i] = toByte(block[i]);
    this.instance.call(this.rule, count);
  }
}

/** The kernel's encoding of one value: 0 means not measured. */
function toByte(value: number): number {
  if (value >= 1 && value <= MAX_GRADE && Number.isInteger(value)) return value;
  return Number.isNaN(value) ? 0 : OUT_OF_RANGE_BYTE;
}

function initialize(
  instance: WasmInstance,
  training: TrainingSet,
  k: number,
  distinctRows: PaddedRows,
  ranking: DistanceRanking,
) {
  configure(instance, training, distinctRows, k, ranking);
  const arrays = copyIntoMemory(instance, {
    ...createTables(distinctRows, training.featureCount, ranking),
    ...createLanes(k),
    rowVotes: classVotes(distinctRows),
    zeros: new Uint8Array(distinctRows.count),
    cells: new Uint32Array(Math.ceil(training.featureCount / 2 / PAIRS_PER_PASS) * PAIRS_PER_PASS),
    missingFeatures: new Uint32Array(training.featureCount),
    numerators: new Uint8Array(distinctRows.count),
    keys: new Uint16Array(distinctRows.count + MAX_K),
    candidates: new Uint32Array(2 * distinctRows.count),
    materialized: new Uint8Array(LANES),
    samples: new Uint8Array(BLOCK_ROWS * training.featureCount),
    status: new Uint8Array(BLOCK_ROWS),
    benign: new Float64Array(BLOCK_ROWS),
    malignant: new Float64Array(BLOCK_ROWS),
  });
  arrays.cells.fill(arrays.zeros.byteOffset);
  return arrays;
}

function configure(
  instance: WasmInstance,
  { featureCount, rows, labels }: TrainingSet,
  distinctRows: PaddedRows,
  k: number,
  ranking: DistanceRanking,
): void {
  const malignantRows = labels.filter((label) => label === 1).length;
  const settings = {
    features: featureCount,
    vectors: distinctRows.count / LANES,
    benignVectors: distinctRows.benignCount / LANES,
    isRatio: ranking.fractionRanks === null ? 0 : 1,
    rankWidth: ranking.fractionRanks?.width ?? 0,
    errorBound: MAX_GRADE * featureCount,
    benignNearest: Math.min(k, rows - malignantRows),
    malignantNearest: Math.min(k, malignantRows),
    alarmRank: ranking.alarmRank,
  };
  for (const [name, value] of Object.entries(settings)) instance.set(name, value);
}

function createTables(distinctRows: PaddedRows, featureCount: number, { fractionRanks, distances }: DistanceRanking) {
  const { samples, multiplicities } = distinctRows;
  const sums = Uint16Array.from(multiplicities, (_, row) =>
    sum(samples.subarray(row * featureCount, (row + 1) * featureCount)),
  );
  return {
    pairTables: createPairTables(
      distinctRows,
      featureCount,
      fractionRanks === null ? (difference) => difference ** 2 : (difference) => difference,
    ),
    reciprocals: fractionRanks === null ? new Uint16Array(0) : createReciprocals(distinctRows, sums, featureCount),
    ranks: fractionRanks?.ranks ?? new Uint16Array(0),
    distances,
    rowSums: sums,
    rowSamples: samples,
    rowShifts: Uint16Array.from(multiplicities, (rows) => LANES * Math.min(rows, MAX_K)),
  };
}

/** For each distinct row its benign and its malignant votes, side by side. */
function classVotes({ multiplicities, benignCount }: PaddedRows): Uint32Array {
  const votes = new Uint32Array(2 * multiplicities.length);
  multiplicities.forEach((rows, row) => (votes[2 * row + (row < benignCount ? 0 : 1)] = rows));
  return votes;
}

function sum(values: Uint8Array): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Byte shuffles of a vector of ranks: moved up by 0 to 8 lanes; the k-th rank in every lane; the first k reversed. */
function createLanes(k: number) {
  const bytesOf = (ranks: number[]) =>
    Uint8Array.from(ranks.flatMap((rank) => (rank < 0 ? [NO_LANE, NO_LANE] : [2 * rank, 2 * rank + 1])));
  const ranks = Array.from({ length: MAX_K }, (_, rank) => rank);
  return {
    shifts: bytesOf(Array.from({ length: MAX_K + 1 }, (_, by) => ranks.map((rank) => Math.max(rank - by, -1))).flat()),
    kthLane: bytesOf(ranks.map(() => k - 1)),
    reverseLanes: bytesOf(ranks.map((rank) => Math.max(k - 1 - rank, -1))),
  };
}
