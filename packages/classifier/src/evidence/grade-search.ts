import { gradesWasm } from '../kernel/wasm';
import { instantiate, type WasmInstance } from '../kernel/wasm-instance';
import type { Model } from '../model/model';

/**
 * A metric on grades as packed distances: sums of one 32-bit integer term per feature, which depends only on the two
 * grades of that feature. Equal distances give the same double and different ones do not, so that ties are exact.
 */
export interface PackedMetric {
  readonly maxGrade: number;
  /** Term of a feature, at sample grade × (maxGrade + 1) + training grade. */
  readonly terms: Int32Array;
  /**
   * True: a packed distance is a fraction, numerator in the low 16 bits, denominator above. False: it is an integer.
   * Comparing fractions in float32 is exact: two are equal or differ by at least 1 / 200².
   */
  readonly isRatio: boolean;
  readonly toDistance: (sum: number) => number;
  /** Integer below 2¹⁵ that never decreases as the distance grows. */
  readonly sortKey: (sum: number) => number;
  /** Denominator of a packed distance; 0 for metrics without fractions. */
  readonly denominatorOf: (sum: number) => number;
  /**
   * Lower bound of a distance with at least this value and this denominator after one grade of the sample changes by
   * one. Increases with distance and denominator.
   */
  readonly lowerBoundAfterStep: (distance: number, denominator: number, step: 1 | -1) => number;
}

/** Limits numerators and squares to less than 2¹⁵, and denominators to 200. */
const MAX_TOTAL_GRADES = 100;
const DENOMINATOR_UNIT = 2 ** 16;
const NUMERATOR_MASK = DENOMINATOR_UNIT - 1;
const SORT_KEYS = 2 ** 15;

/** @returns undefined when the model compares decimals: its schema has decimals, or it scales its features */
export function createPackedMetric({
  file: { metric, scaling },
  schema: { features },
}: Model): PackedMetric | undefined {
  const maxGrade = Math.max(...features.map(({ max }) => max));
  const hasGrades =
    features.every(({ integer, min }) => integer && min >= 1) && maxGrade * features.length <= MAX_TOTAL_GRADES;
  if (scaling !== null || !hasGrades) return undefined;
  return metric === 'euclidean' ? packedSquares(maxGrade) : packedFractions(maxGrade);
}

/** Euclidean: squared differences, which order as the distances do. */
function packedSquares(maxGrade: number): PackedMetric {
  return {
    maxGrade,
    terms: termTable(maxGrade, (a, b) => (a - b) ** 2),
    isRatio: false,
    toDistance: Math.sqrt,
    sortKey: (sum) => sum,
    denominatorOf: () => 0,
    lowerBoundAfterStep: (distance) => distance - 1,
  };
}

/** Bray-Curtis: |a − b| and a + b packed into one integer. */
function packedFractions(maxGrade: number): PackedMetric {
  const toDistance = (sum: number) => (sum & NUMERATOR_MASK) / (sum >>> 16);
  return {
    maxGrade,
    terms: termTable(maxGrade, (a, b) => Math.abs(a - b) + (a + b) * DENOMINATOR_UNIT),
    isRatio: true,
    toDistance,
    sortKey: (sum) => Math.floor(toDistance(sum) * SORT_KEYS),
    denominatorOf: (sum) => sum >>> 16,
    // The numerator decreases by at most one, the denominator changes as the grade does.
    lowerBoundAfterStep: (distance, denominator, step) => (distance * denominator - 1) / (denominator + step),
  };
}

function termTable(maxGrade: number, term: (a: number, b: number) => number): Int32Array {
  const width = maxGrade + 1;
  return Int32Array.from({ length: width * width }, (_, index) => term(Math.floor(index / width), index % width));
}

/** Range of distinct rows: those of one class, or all. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

/** The k nearest training rows among distinct rows; a distinct row counts as often as it occurs. */
export interface NearestGrades {
  /**
   * Row i has the distance `packedDistances[i] + deltas[i]`. All arrays must come from the search's `allocateInt32`.
   */
  select(packedDistances: Int32Array, deltas: Int32Array, multiplicities: Int32Array, range: RowRange): this;
  /** Mean distance, summed in ascending order. */
  mean(): number;
  /** Distance of the row at a rank from 0; of the last row when there are fewer. */
  distanceAt(rank: number): number;
  /** Number of training rows of a range at or within the distance of the row at a rank. */
  countWithin(
    rank: number,
    packedDistances: Int32Array,
    deltas: Int32Array,
    multiplicities: Int32Array,
    range: RowRange,
  ): number;
}

/** Allocates the arrays of all rows and does the operations on them that take most of the time. */
export interface GradeSearch {
  readonly nearest: NearestGrades;
  allocateInt32(length: number): Int32Array;
  /** out = a + b for the first `rows` entries. */
  add(a: Int32Array, b: Int32Array, out: Int32Array, rows: number): void;
  /**
   * Computes the effect of another grade of one feature on a range of rows.
   * @param to the grade; 0 for each row's own
   */
  applyChange(rows: ChangedRows, to: number, range: RowRange): void;
}

export interface ChangedRows {
  /** The rows' grades of the feature. */
  readonly column: Int32Array;
  /** The feature's terms before the change. */
  readonly currentTerms: Int32Array;
  readonly packedDistances: Int32Array;
  /** Outputs: the change of each packed distance, and the packed distance after it. */
  readonly deltas: Int32Array;
  readonly changedDistances: Int32Array;
}

/** Plain JavaScript, for machines whose WebAssembly has no SIMD. */
export function createScalarSearch(k: number, packedMetric: PackedMetric): GradeSearch {
  return {
    nearest: new ScalarNearestGrades(k, packedMetric),
    allocateInt32: (length) => new Int32Array(length),
    add: (a, b, out, rows) => {
      for (let i = 0; i < rows; i++) out[i] = a[i] + b[i];
    },
    applyChange: ({ column, currentTerms, packedDistances, deltas, changedDistances }, to, { start, end }) => {
      const width = packedMetric.maxGrade + 1;
      for (let i = start; i < end; i++) {
        deltas[i] = packedMetric.terms[(to || column[i]) * width + column[i]] - currentTerms[i];
        changedDistances[i] = packedDistances[i] + deltas[i];
      }
    },
  };
}

class ScalarNearestGrades implements NearestGrades {
  private count = 0;
  /** Ascending. */
  private readonly distances: Float64Array;

  constructor(
    private readonly k: number,
    private readonly packedMetric: PackedMetric,
  ) {
    this.distances = new Float64Array(k);
  }

  select(packedDistances: Int32Array, deltas: Int32Array, multiplicities: Int32Array, { start, end }: RowRange): this {
    const { packedMetric } = this;
    let limit = Infinity;
    this.count = 0;
    for (let i = start; i < end; i++) {
      const distance = packedMetric.toDistance(packedDistances[i] + deltas[i]);
      if (distance < limit) limit = this.insert(distance, multiplicities[i]);
    }
    return this;
  }

  mean(): number {
    let sum = 0;
    for (let rank = 0; rank < this.count; rank++) sum += this.distances[rank];
    return sum / this.count;
  }

  distanceAt(rank: number): number {
    return this.distances[rank < this.count ? rank : this.count - 1];
  }

  countWithin(
    rank: number,
    packedDistances: Int32Array,
    deltas: Int32Array,
    multiplicities: Int32Array,
    { start, end }: RowRange,
  ): number {
    const limit = this.distanceAt(rank);
    let count = 0;
    for (let i = start; i < end; i++)
      if (this.packedMetric.toDistance(packedDistances[i] + deltas[i]) <= limit) count += multiplicities[i];
    return count;
  }

  /** @returns the limit that the next distance must be below */
  private insert(distance: number, multiplicity: number): number {
    const { distances, k } = this;
    for (let copy = 0; copy < multiplicity; copy++) {
      if (this.count === k && distances[k - 1] <= distance) break;
      let rank = this.count < k ? this.count++ : k - 1;
      for (; rank > 0 && distances[rank - 1] > distance; rank--) distances[rank] = distances[rank - 1];
      distances[rank] = distance;
    }
    return this.count < k ? Infinity : distances[k - 1];
  }
}

const WORD_BYTES = 4;
/** The module reads this many words at once, also beyond the end of a range or an array. */
const ALIGNED_WORDS = 8;
const PAGE_BYTES = 65_536;

/**
 * Uses WebAssembly where it has SIMD.
 * @param arrays maximum number of calls of `allocateInt32`, none longer than `length`
 */
export function createGradeSearch(k: number, packedMetric: PackedMetric, arrays: number, length: number): GradeSearch {
  const instance = instantiate(gradesWasm);
  return instance === null
    ? createScalarSearch(k, packedMetric)
    : new WasmGradeSearch(instance, k, packedMetric, arrays, length);
}

type SelectCall = (packedDistances: number, deltas: number, multiplicities: number, from: number, to: number) => number;
type CountCall = (
  rank: number,
  packedDistances: number,
  deltas: number,
  multiplicities: number,
  from: number,
  to: number,
) => number;
type ChangeCall = (
  column: number,
  currentTerms: number,
  packedDistances: number,
  to: number,
  deltas: number,
  changedDistances: number,
  from: number,
  end: number,
) => void;
type AddCall = (a: number, b: number, out: number, rows: number) => void;

/**
 * All arrays are in the module's memory. It is sized once: growing WebAssembly memory detaches existing typed arrays.
 */
class WasmGradeSearch implements GradeSearch {
  readonly nearest: NearestGrades;
  private readonly addRows: AddCall;
  private readonly changeRows: ChangeCall;
  private nextByte: number;

  constructor(
    private readonly instance: WasmInstance,
    k: number,
    packedMetric: PackedMetric,
    arrays: number,
    length: number,
  ) {
    this.nextByte = instance.memory.buffer.byteLength;
    instance.memory.grow(Math.ceil((arrays * alignedBytes(length) + 2 * alignedBytes(k)) / PAGE_BYTES));
    this.nearest = new WasmNearestGrades(instance, k, packedMetric, this.allocateInt32(k), this.allocateInt32(k));
    this.addRows = instance.func<AddCall>('add');
    this.changeRows = instance.func<ChangeCall>('applyChange');
  }

  allocateInt32(length: number): Int32Array {
    const array = new Int32Array(this.instance.memory.buffer, this.nextByte, length);
    this.nextByte += alignedBytes(length);
    return array;
  }

  add(a: Int32Array, b: Int32Array, out: Int32Array, rows: number): void {
    this.addRows(a.byteOffset, b.byteOffset, out.byteOffset, rows);
  }

  applyChange(
    { column, currentTerms, packedDistances, deltas, changedDistances }: ChangedRows,
    to: number,
    { start, end }: RowRange,
  ): void {
    this.changeRows(
      column.byteOffset,
      currentTerms.byteOffset,
      packedDistances.byteOffset,
      to,
      deltas.byteOffset,
      changedDistances.byteOffset,
      start,
      end,
    );
  }
}

function alignedBytes(words: number): number {
  return (Math.ceil(words / ALIGNED_WORDS) + 1) * ALIGNED_WORDS * WORD_BYTES;
}

class WasmNearestGrades implements NearestGrades {
  private count = 0;
  private readonly selectRows: SelectCall;
  private readonly countRows: CountCall;

  /** @param sortKeys,packedDistances outputs of the module for the k nearest rows */
  constructor(
    instance: WasmInstance,
    k: number,
    private readonly packedMetric: PackedMetric,
    sortKeys: Int32Array,
    private readonly packedDistances: Int32Array,
  ) {
    const settings = {
      k,
      isRatio: packedMetric.isRatio ? 1 : 0,
      nearestKeys: sortKeys.byteOffset,
      nearestDistances: packedDistances.byteOffset,
    };
    for (const [name, value] of Object.entries(settings)) instance.set(name, value);
    this.selectRows = instance.func<SelectCall>('select');
    this.countRows = instance.func<CountCall>('countWithin');
  }

  select(packedDistances: Int32Array, deltas: Int32Array, multiplicities: Int32Array, { start, end }: RowRange): this {
    this.count = this.selectRows(packedDistances.byteOffset, deltas.byteOffset, multiplicities.byteOffset, start, end);
    return this;
  }

  mean(): number {
    const { packedMetric, packedDistances, count } = this;
    let sum = 0;
    for (let rank = 0; rank < count; rank++) sum += packedMetric.toDistance(packedDistances[rank]);
    return sum / count;
  }

  distanceAt(rank: number): number {
    return this.packedMetric.toDistance(this.packedDistances[this.clampRank(rank)]);
  }

  countWithin(
    rank: number,
    packedDistances: Int32Array,
    deltas: Int32Array,
    multiplicities: Int32Array,
    { start, end }: RowRange,
  ): number {
    return this.countRows(
      this.clampRank(rank),
      packedDistances.byteOffset,
      deltas.byteOffset,
      multiplicities.byteOffset,
      start,
      end,
    );
  }

  private clampRank(rank: number): number {
    return rank < this.count ? rank : this.count - 1;
  }
}
