import fs, { appendFileSync, existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/*
 * Preloaded into the services (NODE_OPTIONS=--require, see gate.ts): holds writes of the file store just before the
 * object appears under its key. Each hold is a file `$GATE_DIR/<name>.hold` with a regular expression; a held write
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

function gated(place: Placing, gate: string): Placing {
  return (from, to, done) => {
    const holds = holdsOf(String(to), gate);
    for (const hold of holds)
      appendFileSync(join(gate, hold.replace(/hold$/, 'reached')), `${process.pid} ${String(to)}\n`);
    const proceed = holds.reduce<() => void>(
      (after, hold) => () => whenOpened(join(gate, hold), after),
      () => place(from, to, done),
    );
    proceed();
  };
}

if (folder !== undefined) {
  Object.assign(fs, { link: gated(fs.link, folder), rename: gated(fs.rename, folder) });
}
