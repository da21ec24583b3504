type MemoryArray = Uint8Array | Int16Array | Uint16Array | Uint32Array | Float32Array | Float64Array;

/** A compiled module's memory and what it exports: functions, and settings by name. */
export interface WasmInstance {
  readonly call: (name: string, rows: number) => void;
  readonly func: <F>(name: string) => F;
  readonly set: (name: string, value: number) => void;
  readonly get: (name: string) => number;
  readonly memory: WebAssembly.Memory;
}

const modules = new Map<string, WebAssembly.Module | null>();

/** Null where this machine's WebAssembly has no SIMD. A module is compiled once in a process and thread. */
export function instantiate(base64: string): WasmInstance | null {
  const module = modules.get(base64) ?? compile(base64);
  modules.set(base64, module);
  if (module === null) return null;
  const { exports } = new WebAssembly.Instance(module);
  return {
    func: <F>(name: string) => exports[name] as F,
    call: (name, rows) => (exports[name] as (rows: number) => void)(rows),
    set: (name, value) => void ((exports[name] as WebAssembly.Global).value = value),
    get: (name) => (exports[name] as WebAssembly.Global).value,
    memory: exports.memory as WebAssembly.Memory,
  };
}

function compile(base64: string): WebAssembly.Module | null {
  const bytes = Buffer.from(base64, 'base64');
  return WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : null;
}

const PAGE_BYTES = 65536;
/** Keeps vectors on their natural boundary, and neighbours out of a cache line that is written to. */
const ALIGNMENT = 64;

/**
 * Moves arrays into the module's memory and tells it where they lie; the module's settings have their names.
 * @returns the arrays as they are in memory
 */
export function copyIntoMemory<T extends Record<string, MemoryArray>>(instance: WasmInstance, arrays: T): T {
  let end = ALIGNMENT;
  const layout = Object.entries(arrays).map(([name, array]) => {
    const start = end;
    end = Math.ceil((start + array.byteLength) / ALIGNMENT) * ALIGNMENT;
    return { name, array, start };
  });
  instance.memory.grow(Math.ceil(end / PAGE_BYTES));
  return Object.fromEntries(
    layout.map(({ name, array, start }) => {
      instance.set(name, start);
      const View = array.constructor as new (buffer: ArrayBuffer, start: number, length: number) => MemoryArray;
      const view = new View(instance.memory.buffer, start, array.length);
      view.set(array);
      return [name, view];
    }),
  ) as T;
}
