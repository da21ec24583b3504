import { createHash } from 'node:crypto';
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import Module from 'node:module';
import { basename, dirname, join } from 'node:path';
import vm from 'node:vm';
import { isMainThread } from 'node:worker_threads';

/*
 * Preloaded into the programs that tests start (NODE_OPTIONS=--require, see global-setup.ts): does in Node.js 20 what
 * NODE_COMPILE_CACHE does in Node.js 22. CommonJS modules take the code that V8 compiled in an earlier process of this
 * run, which saves a quarter of the processor time of loading them, and the places where that process found them, which
 * saves as much again. The cache of a program is one file: the length of a list as 32 bits, the list, the code of each
 * module.
 */

type Compile = (this: NodeJS.Module, text: string, path: string, ...format: unknown[]) => unknown;
type Loader = typeof Module & {
  readonly prototype: { _compile: Compile };
  readonly _extensions: NodeJS.RequireExtensions;
  readonly _cache: NodeJS.Dict<NodeJS.Module>;
  _resolveFilename(request: string, parent: NodeJS.Module, isMain: boolean, options?: object): string;
  _resolveLookupPaths(request: string, parent: NodeJS.Module): string[] | null;
};

/** Paths of modules by the folder and the request. */
type Places = Map<string, string>;

interface Cache {
  readonly places: Places;
  readonly codes: ReadonlyMap<string, Buffer>;
}

interface List {
  readonly places: readonly [string, string][];
  /** Length of the code of each module. */
  readonly codes: readonly [string, number][];
}

const loader = Module as unknown as Loader;
/** A process that found a cache and compiled more modules than this itself writes it again. */
const MAX_COMPILED = 25;
const LENGTH_BYTES = 4;

const { NODE_COMPILE_CACHE: folder } = process.env;
// jest's own processes start once.
if (folder !== undefined && process.argv[1]?.includes('jest-worker') === false) cacheCode(pathOf(folder));

/** V8 rejects code that was compiled with other options. */
function pathOf(dir: string): string {
  const program = JSON.stringify([process.argv[1], process.execArgv, process.version]);
  return join(dir, createHash('md5').update(program).digest('hex'));
}

function cacheCode(file: string): void {
  const { codes: known, places } = read(file);
  reusePlaces(places);
  const scripts = new Map<string, vm.Script>();
  let compiled = 0;
  const compileUncached = loader.prototype._compile;

  loader.prototype._compile = function compileOrReuse(text, path, ...format) {
    // V8 would forget how to load what a cached module imports dynamically.
    if (!/\.c?js$/.test(path) || text.includes('import(') || text.startsWith('#!'))
      return compileUncached.call(this, text, path, ...format);
    const key = `${path} ${text.length} ${statSync(path).mtimeMs}`;
    const cachedData = known.get(key);
    let script: vm.Script;
    try {
      script = new vm.Script(`(function (exports, require, module, __filename, __dirname) { ${text}\n})`, {
        filename: path,
        ...(cachedData && { cachedData }),
      });
    } catch {
      return compileUncached.call(this, text, path, ...format); // An ES module, or a syntax error to be reported.
    }
    if (cachedData === undefined || script.cachedDataRejected === true) compiled++;
    scripts.set(key, script);
    const run = script.runInThisContext() as (...parameters: unknown[]) => unknown;
    return run.call(this.exports, this.exports, requireOf(this), this, path, dirname(path));
  };

  if (!isMainThread) return;
  process.on('exit', () => {
    if (compiled > (known.size === 0 ? 0 : MAX_COMPILED))
      write(file, { places, codes: new Map([...known, ...codeOf(scripts)]) });
  });
}

function reusePlaces(places: Places): void {
  const find = loader._resolveFilename.bind(loader);
  loader._resolveFilename = function findOrReuse(request, parent: NodeJS.Module | undefined, isMain, options) {
    if (!parent?.filename || options !== undefined) return find(request, parent!, isMain, options);
    const key = `${dirname(parent.filename)} ${request}`;
    const place = places.get(key) ?? find(request, parent, isMain);
    places.set(key, place);
    return place;
  };
}

/** `require` of a module, as Node.js makes it. */
function requireOf(module: NodeJS.Module): NodeJS.Require {
  const resolve = Object.assign(
    (request: string, options?: object) => loader._resolveFilename(request, module, false, options),
    { paths: (request: string) => loader._resolveLookupPaths(request, module) },
  );
  const { _extensions: extensions, _cache: cache } = loader;
  return Object.assign((id: string) => module.require(id) as unknown, {
    resolve,
    main: process.mainModule,
    extensions,
    cache,
  });
}

/** Includes the functions that the process has called. */
function* codeOf(scripts: ReadonlyMap<string, vm.Script>): Generator<[string, Buffer]> {
  for (const [key, script] of scripts) yield [key, script.createCachedData()];
}

function read(file: string): Cache {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch {
    return { places: new Map(), codes: new Map() };
  }
  let end = LENGTH_BYTES + bytes.readUInt32LE();
  const { places, codes } = JSON.parse(bytes.toString('utf8', LENGTH_BYTES, end)) as List;
  return {
    places: new Map(places),
    codes: new Map(codes.map(([key, length]) => [key, bytes.subarray(end, (end += length))])),
  };
}

/** Replaces the file at once, because other processes read it. */
function write(file: string, { places, codes }: Cache): void {
  const list: List = { places: [...places], codes: [...codes].map(([key, code]) => [key, code.length]) };
  const head = Buffer.from(JSON.stringify(list));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(head.length);
  const written = join(dirname(file), `${basename(file)}.${process.pid}`);
  try {
    writeFileSync(written, Buffer.concat([length, head, ...codes.values()]));
    renameSync(written, file);
  } catch {
    // The folder is gone, or full: the next process compiles its modules itself.
  }
}
