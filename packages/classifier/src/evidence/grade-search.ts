import { instantiate, type WasmInstance } from '../kernel/wasm-instance';
import { gradesWasm } from '../kernel/wasm';
import type { PackedMetric } from './packed-metric';
import { createScalarSearch, type GradeSearch, type NearestGrades, type ChangedRows } from './scalar-grade-search';
import type { RowRange } from './row-range';

const WORD_BYTES = 4;
/** The module takes so many rows at once, also of those behind a span's end, and of what is no row any more. */
const ALIGNED_WORDS = 8;
const PAGE_BYTES = 65_536;

/**
 * By WebAssembly where this machine's has SIMD.
 * @param arrays how many `int32s` there will be at the most, none longer than `length`
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
type ShiftCall = (
  column: number,
  currentTerms: number,
  packedDistances: number,
  to: number,
  deltas: number,
  shifted: number,
  from: number,
  end: number,
) => void;
type AddCall = (a: number, b: number, out: number, rows: number) => void;

/** All rows lie in the module's memory. It has its size from the beginning: growing would part the arrays from it. */
class WasmGradeSearch implements GradeSearch {
  readonly nearest: NearestGrades;
  private readonly addRows: AddCall;
  private readonly shiftRows: ShiftCall;
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
    this.shiftRows = instance.func<ShiftCall>('shift');
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
    this.shiftRows(
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

  /** @param sortKeys,sums of k rows, where the module leaves them */
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
      nearestSums: packedDistances.byteOffset,
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
