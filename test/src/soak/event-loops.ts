import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../support/stack-process';

interface Figures {
  program: string;
  p50: number;
  p99: number;
  samples: number;
}

/** Reads the event-loop delays of the services that event-loop-probe.ts wrote. */
export class EventLoops {
  private readonly folder = mkdtempSync(join(tmpdir(), 'cytoqueue-loops-'));

  get environment(): Environment {
    return { EVENT_LOOP_DIR: this.folder, NODE_OPTIONS: `--require ${join(__dirname, 'event-loop-probe.js')}` };
  }

  /** Milliseconds, of the service's longest-running process. */
  of(service: 'api' | 'worker'): { p50: number; p99: number } | null {
    const files = readdirSync(this.folder).filter((name) => name.endsWith('.json'));
    const all = files.map((name) => JSON.parse(readFileSync(join(this.folder, name), 'utf8')) as Figures);
    const own = all
      .filter(({ program }) => program.includes(`services/${service}/`))
      .toSorted((a, b) => b.samples - a.samples);
    return own[0] === undefined ? null : { p50: round(own[0].p50), p99: round(own[0].p99) };
  }

  stop(): void {
    rmSync(this.folder, { recursive: true });
  }
}

function round(ms: number): number {
  return Number(ms.toFixed(1));
}
