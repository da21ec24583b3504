import fs, { appendFileSync, existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { scanFrame } from '../../../packages/storage/dist/file/journal/frames';

/*
 * Preloaded into the services (NODE_OPTIONS=--require, see gate.ts): holds writes of the file store just before the
 * object appears under its key, or in the journal. Each hold is a file `$GATE_DIR/<name>.hold` with a regular expression; a held write
 * adds a line
 * `<pid> <path>` to `<name>.reached` and goes on once the `.hold` file is gone.
 */

const POLL_INTERVAL_MS = 10;
const folder = process.env['GATE_DIR'];

type Callback = (error: NodeJS.ErrnoException | null) => void;
type Placing = (from: fs.PathLike, to: fs.PathLike, done: Callback) => void;

function holdsOf(path: string, gate: string): string[] {
  // The test removes the folder when it ends, which may be before the last service has ended.
  if (!existsSync(gate)) return [];
  return readdirSync(gate).filter(
    (name) => name.endsWith('.hold') && new RegExp(readFileSync(join(gate, name), 'utf8')).test(path),
  );
}

function whenOpened(hold: string, proceed: () => void): void {
  const timer = setInterval(() => {
    if (existsSync(hold)) return;
    clearInterval(timer);
    proceed();
  }, POLL_INTERVAL_MS);
}

function holdUntilOpened(paths: readonly string[], gate: string, write: () => void): void {
  const holds = paths.flatMap((path) => holdsOf(path, gate).map((hold) => ({ path, hold })));
  for (const { path, hold } of holds)
    appendFileSync(join(gate, hold.replace(/hold$/, 'reached')), `${process.pid} ${path}\n`);
  const proceed = holds.reduce<() => void>(
    (after, { hold }) =>
      () =>
        whenOpened(join(gate, hold), after),
    write,
  );
  proceed();
}

function gated(place: Placing, gate: string): Placing {
  return (from, to, done) => holdUntilOpened([String(to)], gate, () => place(from, to, done));
}

/** A write to the journal is held as a whole if it puts an object that matches. */
function gatedWrite(write: typeof fs.write, gate: string): typeof fs.write {
  const held = (...args: Parameters<typeof fs.write>) => holdUntilOpened(keysIn(args[1]), gate, () => write(...args));
  // Symbols too: without Node's own, a promise has no `bytesWritten`, and writes in several calls end after the first.
  return Object.defineProperties(held as typeof fs.write, Object.getOwnPropertyDescriptors(write));
}

function keysIn(bytes: unknown): string[] {
  const keys: string[] = [];
  if (!Buffer.isBuffer(bytes)) return keys;
  for (let at = 0, frame; (frame = scanFrame(bytes, at)?.frame) !== undefined; at = frame.bodyStart + frame.bodyBytes)
    if (frame.type === 'put' || frame.type === 'create') keys.push(`/${frame.key}`);
  return keys;
}

if (folder !== undefined) {
  Object.assign(fs, {
    link: gated(fs.link, folder),
    rename: gated(fs.rename, folder),
    write: gatedWrite(fs.write, folder),
  });
}
