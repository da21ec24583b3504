import type { TrainingSet } from '../model/model';
import { type PaddedRows, padDistinctRows, LANES } from './padded-rows';
import { instantiate, type WasmInstance, copyIntoMemory } from './wasm-instance';
import type { Samples } from '../knn/search';
import { BLOCK_ROWS, type Kernel, type KernelModel, type NoKernelReason } from './kernel';
import { createPairTables, createReciprocals, MAX_GRADE, pairTableBytes } from './pair-tables';
import { type DistanceRanking, rankDistances } from './ranking';
import { integerWasm } from './wasm';

/** Ranks in one vector of 16 bits each. */
const MAX_K = 8;
/** A lane beyond the vector, from where a swizzle takes 0. */
const NO_LANE = 255;
/** Beyond this a kernel takes too much of a small machine, and nothing of its tables stays in a cache. */
const MAX_TABLE_BYTES = 2 ** 27;
const PAIRS_PER_PASS = 5;
const OUT_OF_RANGE_BYTE = 255;

/** @param model its training samples are whole numbers from 1 to 10 */
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
 * k-NN among samples of whole numbers from 1 to 10, in WebAssembly.
 *
 * Partial distances of every two grades in every two features to all groups of training rows lie ready in tables, so that
 * a sample's distances are the sum of a few rows of bytes. The minima of sixteen columns of them bound the k-th distance
 * from above, for k columns hold a group at or within the k-th lowest. Only the groups within the bound, a handful, are
 * ranked, and exactly.
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
    const given = samples.subarray(first * this.featureCount, (first + count) * this.featureCount);
    if (given instanceof Uint8Array) this.samples.set(given);
    else for (let i = 0; i < given.length; i++) this.samples[i] = toByte(given[i]);
    this.instance.call(this.rule, count);
  }
}

/** 0 for what was not measured, as the kernel takes it. */
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

/** Benign and malignant rows by turns. */
function classVotes({ multiplicities, benignCount }: PaddedRows): Uint32Array {
  const votes = new Uint32Array(2 * multiplicities.length);
  multiplicities.forEach((rows, row) => (votes[2 * row + (row < benignCount ? 0 : 1)] = rows));
  return votes;
}

function sum(values: Uint8Array): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Which byte of a vector each byte comes from: moved up by 0 to 8 places; the k-th place everywhere; the first k mirrored. */
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
