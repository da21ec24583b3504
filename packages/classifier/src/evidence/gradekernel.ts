import { instantiate, type KernelInstance } from '../kernel/instance';
import { gradesWasm } from '../kernel/wasm';
import type { GradeScale } from './gradescale';
import { createPlainSearch, type GradeSearch, type NearestGrades, type ShiftedRows } from './nearestgrades';
import type { Span } from './standing';

const WORD_BYTES = 4;
/** The module takes so many rows at once, also of those behind a span's end, and of what is no row any more. */
const ALIGNED_WORDS = 8;
const PAGE_BYTES = 65_536;

/**
 * By WebAssembly where this machine's has SIMD.
 * @param arrays how many `int32s` there will be at the most, none longer than `length`
 */
export function createGradeSearch(k: number, scale: GradeScale, arrays: number, length: number): GradeSearch {
  const instance = instantiate(gradesWasm);
  return instance === null ? createPlainSearch(k, scale) : new KernelSearch(instance, k, scale, arrays, length);
}

type SelectCall = (sums: number, more: number, weights: number, from: number, to: number) => number;
type CountCall = (place: number, sums: number, more: number, weights: number, from: number, to: number) => number;
type ShiftCall = (column: number, own: number, sums: number, to: number, more: number, shifted: number, from: number, end: number) => void;
type AddCall = (a: number, b: number, out: number, rows: number) => void;

/** All rows lie in the module's memory. It has its size from the beginning: growing would part the arrays from it. */
class KernelSearch implements GradeSearch {
  readonly nearest: NearestGrades;
  private readonly addRows: AddCall;
  private readonly shiftRows: ShiftCall;
  private nextByte: number;

  constructor(
    private readonly instance: KernelInstance,
    k: number,
    scale: GradeScale,
    arrays: number,
    length: number,
  ) {
    this.nextByte = instance.memory.buffer.byteLength;
    instance.memory.grow(Math.ceil((arrays * alignedBytes(length) + 2 * alignedBytes(k)) / PAGE_BYTES));
    this.nearest = new KernelNearestGrades(instance, k, scale, this.int32s(k), this.int32s(k));
    this.addRows = instance.func<AddCall>('add');
    this.shiftRows = instance.func<ShiftCall>('shift');
  }

  int32s(length: number): Int32Array {
    const array = new Int32Array(this.instance.memory.buffer, this.nextByte, length);
    this.nextByte += alignedBytes(length);
    return array;
  }

  add(a: Int32Array, b: Int32Array, out: Int32Array, rows: number): void {
    this.addRows(a.byteOffset, b.byteOffset, out.byteOffset, rows);
  }

  shift({ column, own, sums, more, shifted }: ShiftedRows, to: number, { from, to: end }: Span): void {
    this.shiftRows(column.byteOffset, own.byteOffset, sums.byteOffset, to, more.byteOffset, shifted.byteOffset, from, end);
  }
}

function alignedBytes(words: number): number {
  return (Math.ceil(words / ALIGNED_WORDS) + 1) * ALIGNED_WORDS * WORD_BYTES;
}

class KernelNearestGrades implements NearestGrades {
  private count = 0;
  private readonly selectRows: SelectCall;
  private readonly countRows: CountCall;

  /** @param keys,sums of k rows, where the module leaves them */
  constructor(
    instance: KernelInstance,
    k: number,
    private readonly scale: GradeScale,
    keys: Int32Array,
    private readonly sums: Int32Array,
  ) {
    const settings = { k, isRatio: scale.isRatio ? 1 : 0, nearestKeys: keys.byteOffset, nearestSums: sums.byteOffset };
    for (const [name, value] of Object.entries(settings)) instance.set(name, value);
    this.selectRows = instance.func<SelectCall>('select');
    this.countRows = instance.func<CountCall>('countWithin');
  }

  select(sums: Int32Array, more: Int32Array, weights: Int32Array, { from, to }: Span): this {
    this.count = this.selectRows(sums.byteOffset, more.byteOffset, weights.byteOffset, from, to);
    return this;
  }

  mean(): number {
    const { scale, sums, count } = this;
    let sum = 0;
    for (let place = 0; place < count; place++) sum += scale.distanceOf(sums[place]);
    return sum / count;
  }

  distanceAt(place: number): number {
    return this.scale.distanceOf(this.sums[this.existing(place)]);
  }

  countWithin(place: number, sums: Int32Array, more: Int32Array, weights: Int32Array, { from, to }: Span): number {
    return this.countRows(this.existing(place), sums.byteOffset, more.byteOffset, weights.byteOffset, from, to);
  }

  private existing(place: number): number {
    return place < this.count ? place : this.count - 1;
  }
}
