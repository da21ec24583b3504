import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, type Environment } from './stack-process';
import { waitUntil } from './wait-until';

/** A write of the file store that waits at a hold. */
export interface HeldWrite {
  pid: number;
  path: string;
}

/** Writes to keys that match wait here until `open()`. */
export interface Hold {
  /** The writes held so far in order of arrival, including those of killed processes. */
  readonly held: () => HeldWrite[];
  /** Resolves when at least `count` writes have arrived. */
  readonly reached: (count?: number) => Promise<HeldWrite[]>;
  readonly open: () => void;
}

/**
 * Holds writes in flight: services of a stack started with `environment` pause before an object whose path matches
 * appears in the file store, and continue when the test opens the hold.
 */
export class Gate {
  private readonly folder = mkdtempSync(join(tmpdir(), 'cytoqueue-gate-'));
  private holds = 0;

  get environment(): Environment {
    const preload = `--require ${join(ROOT, 'test/dist/support/gate-preload.js')}`;
    return { GATE_DIR: this.folder, NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} ${preload}`.trim() };
  }

  hold(path: RegExp): Hold {
    const base = join(this.folder, String(this.holds++));
    // A reader must not see a file without its expression, which matches everything.
    writeFileSync(`${base}.new`, path.source);
    renameSync(`${base}.new`, `${base}.hold`);
    const held = (): HeldWrite[] =>
      existsSync(`${base}.reached`) ? parse(readFileSync(`${base}.reached`, 'utf8')) : [];
    return {
      held,
      reached: (count = 1) =>
        waitUntil(`${count} writes to ${path.source} are held`, () => held().length >= count && held()),
      open: () => rmSync(`${base}.hold`, { force: true }),
    };
  }

  /** Opens every hold. */
  openAll(): void {
    for (let hold = 0; hold < this.holds; hold++) rmSync(join(this.folder, `${hold}.hold`), { force: true });
  }

  stop(): void {
    this.openAll();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function parse(text: string): HeldWrite[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => ({ pid: Number.parseInt(line, 10), path: line.slice(line.indexOf(' ') + 1) }));
}
