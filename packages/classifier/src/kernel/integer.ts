import type { TrainingSet } from '../model';
import { type Groups, groupRows, LANES } from './groups';
import { instantiate, type KernelInstance, place } from './instance';
import type { Samples } from '../search';
import { BLOCK_ROWS, type Kernel, type KernelModel, type Refusal } from './kernel';
import { createPairTables, createScales, HIGHEST_GRADE, pairTableBytes } from './pairtables';
import { type Ranking, rankDistances } from './ranking';
import { integerWasm } from './wasm';

/** Ranks in one vector of 16 bits each. */
const PLACES = 8;
/** A lane beyond the vector, from where a swizzle takes 0. */
const NO_LANE = 255;
/** Beyond this a kernel takes too much of a small machine, and nothing of its tables stays in a cache. */
const MOST_TABLE_BYTES = 2 ** 27;
const PAIRS_PER_PASS = 5;
const OUT_OF_RANGE_BYTE = 255;

/** @param model its training samples are whole numbers from 1 to 10 */
export function createIntegerKernel(model: KernelModel): Kernel | Refusal {
  const { training, file } = model;
  if (file.k > PLACES) return 'too-many-neighbors';
  const groups = groupRows(training);
  if (pairTableBytes(groups, training.featureCount) > MOST_TABLE_BYTES) return 'too-many-rows';
  const ranking = rankDistances(file.metric, training.featureCount, file.alarm);
  if (ranking === null) return 'too-many-features';
  const instance = instantiate(integerWasm);
  return instance === null ? 'no-simd' : new IntegerKernel(instance, model, groups, ranking);
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
    private readonly instance: KernelInstance,
    { training, file }: KernelModel,
    groups: Groups,
    ranking: Ranking,
  ) {
    this.featureCount = training.featureCount;
    this.rule = file.rule === 'votes' ? 'votes' : 'classRatio';
    const { status, benign, malignant, samples } = prepare(instance, training, file.k, groups, ranking);
    this.status = status;
    this.benign = benign;
    this.malignant = malignant;
    this.samples = samples;
  }

  get candidates(): number {
    return this.instance.get('candidateCount') >>> 0;
  }

  get exhaustive(): number {
    return this.instance.get('exhaustiveCount') >>> 0;
  }

  measure(samples: Samples, first: number, count: number): void {
    const given = samples.subarray(first * this.featureCount, (first + count) * this.featureCount);
    if (given instanceof Uint8Array) this.samples.set(given);
    else for (let i = 0; i < given.length; i++) this.samples[i] = byteOf(given[i]);
    this.instance.call(this.rule, count);
  }
}

/** 0 for what was not measured, as the kernel takes it. */
function byteOf(value: number): number {
  if (value >= 1 && value <= HIGHEST_GRADE && Number.isInteger(value)) return value;
  return Number.isNaN(value) ? 0 : OUT_OF_RANGE_BYTE;
}

function prepare(instance: KernelInstance, training: TrainingSet, k: number, groups: Groups, ranking: Ranking) {
  configure(instance, training, groups, k, ranking);
  const placed = place(instance, {
    ...createTables(groups, training.featureCount, ranking),
    ...createLanes(k),
    groupVotes: votesOf(groups),
    zeros: new Uint8Array(groups.count),
    cells: new Uint32Array(Math.ceil(training.featureCount / 2 / PAIRS_PER_PASS) * PAIRS_PER_PASS),
    absent: new Uint32Array(training.featureCount),
    numerators: new Uint8Array(groups.count),
    keys: new Uint16Array(groups.count + PLACES),
    candidates: new Uint32Array(2 * groups.count),
    pinned: new Uint8Array(LANES),
    samples: new Uint8Array(BLOCK_ROWS * training.featureCount),
    status: new Uint8Array(BLOCK_ROWS),
    benign: new Float64Array(BLOCK_ROWS),
    malignant: new Float64Array(BLOCK_ROWS),
  });
  placed.cells.fill(placed.zeros.byteOffset);
  return placed;
}

function configure(instance: KernelInstance, { featureCount, rows, labels }: TrainingSet, groups: Groups, k: number, ranking: Ranking): void {
  const malignantRows = labels.filter((label) => label === 1).length;
  const settings = {
    features: featureCount,
    vectors: groups.count / LANES,
    benignVectors: groups.benignCount / LANES,
    isRatio: ranking.ratios === null ? 0 : 1,
    rankWidth: ranking.ratios?.width ?? 0,
    slack: HIGHEST_GRADE * featureCount,
    benignNearest: Math.min(k, rows - malignantRows),
    malignantNearest: Math.min(k, malignantRows),
    alarmRank: ranking.alarmRank,
  };
  for (const [name, value] of Object.entries(settings)) instance.set(name, value);
}

function createTables(groups: Groups, featureCount: number, { ratios, distances }: Ranking) {
  const { samples, counts } = groups;
  const sums = Uint16Array.from(counts, (_, group) => sum(samples.subarray(group * featureCount, (group + 1) * featureCount)));
  return {
    pairTables: createPairTables(groups, featureCount, ratios === null ? (difference) => difference ** 2 : (difference) => difference),
    scales: ratios === null ? new Uint16Array(0) : createScales(groups, sums, featureCount),
    ranks: ratios?.ranks ?? new Uint16Array(0),
    distances,
    groupSums: sums,
    groupSamples: samples,
    groupShifts: Uint16Array.from(counts, (rows) => LANES * Math.min(rows, PLACES)),
  };
}

/** Benign and malignant rows by turns. */
function votesOf({ counts, benignCount }: Groups): Uint32Array {
  const votes = new Uint32Array(2 * counts.length);
  counts.forEach((rows, group) => (votes[2 * group + (group < benignCount ? 0 : 1)] = rows));
  return votes;
}

function sum(values: Uint8Array): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Which byte of a vector each byte comes from: moved up by 0 to 8 places; the k-th place everywhere; the first k mirrored. */
function createLanes(k: number) {
  const bytesOf = (places: number[]) => Uint8Array.from(places.flatMap((place) => (place < 0 ? [NO_LANE, NO_LANE] : [2 * place, 2 * place + 1])));
  const places = Array.from({ length: PLACES }, (_, place) => place);
  return {
    shifts: bytesOf(Array.from({ length: PLACES + 1 }, (_, by) => places.map((place) => Math.max(place - by, -1))).flat()),
    kthLane: bytesOf(places.map(() => k - 1)),
    mirror: bytesOf(places.map((place) => Math.max(k - 1 - place, -1))),
  };
}
