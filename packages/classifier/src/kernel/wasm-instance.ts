type MemoryArray = Uint8Array | Int16Array | Uint16Array | Uint32Array | Float32Array | Float64Array;

/** Memory and exports of a compiled module: functions, and settings by name. */
export interface WasmInstance {
  readonly call: (name: string, rows?: number) => void;
  readonly func: <F>(name: string) => F;
  readonly set: (name: string, value: number) => void;
  readonly get: (name: string) => number;
  readonly memory: WebAssembly.Memory;
}

const modules = new Map<string, WebAssembly.Module | null>();

/** Null on machines whose WebAssembly has no SIMD. Each thread compiles a module once. */
export function instantiate(base64: string, imports: WebAssembly.Imports = {}): WasmInstance | null {
  const module = modules.get(base64) ?? compile(base64);
  modules.set(base64, module);
  if (module === null) return null;
  const { exports } = new WebAssembly.Instance(module, imports);
  return {
    func: <F>(name: string) => exports[name] as F,
    call: (name, rows = 0) => (exports[name] as (rows: number) => void)(rows),
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
/** One cache line: aligns vectors and keeps arrays from sharing a line with one that is written to. */
const ALIGNMENT = 64;

/**
 * Copies arrays into the module's memory and sets the module's setting of the same name to each address.
 * @returns views of the arrays in the module's memory
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
