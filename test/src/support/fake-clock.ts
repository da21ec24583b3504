import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from './stack-process';

const PLACES = ['/usr/lib', '/usr/lib64', '/usr/local/lib'];
/** For programs of several threads. */
const LIBRARY = 'libfaketimeMT.so.1';

/** The library, undefined where it is not installed. */
export function findFakeTime(): string | undefined {
  for (const place of PLACES) {
    const folders = ['', ...foldersIn(place)].map((folder) => join(place, folder, 'faketime'));
    const found = folders.find((folder) => foldersIn(folder).includes(LIBRARY));
    if (found !== undefined) return join(found, LIBRARY);
  }
  return undefined;
}

function foldersIn(place: string): string[] {
  try {
    return readdirSync(place);
  } catch {
    return [];
  }
}

/** Controls the wall clock of processes that are started with its environment; their monotonic clock is unaffected. */
export class FakeClock {
  private readonly folder = mkdtempSync(join(tmpdir(), 'cytoqueue-clock-'));
  private readonly file = join(this.folder, 'offset');

  constructor() {
    this.jump(0);
  }

  get environment(): Environment {
    return {
      LD_PRELOAD: findFakeTime(),
      FAKETIME_TIMESTAMP_FILE: this.file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    };
  }

  /** Sets the clock ahead of the true time, within a second. */
  jump(aheadSeconds: number): void {
    writeFileSync(`${this.file}.next`, `${aheadSeconds < 0 ? '' : '+'}${aheadSeconds}`);
    renameSync(`${this.file}.next`, this.file);
  }

  stop(): void {
    rmSync(this.folder, { recursive: true });
  }
}
