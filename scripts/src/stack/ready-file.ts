import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What scripts and tests need to use a running stack, as it stands in DATA_DIR/ready.json. */
export interface Ready {
  readonly url: string;
  /** Null when API_KEYS_FILE was given: it holds hashes only. */
  readonly api_key: string | null;
  /** `redis` is absent when REDIS_URL names a server of its own. */
  readonly pids: {
    readonly stack: number;
    readonly api: number;
    readonly workers: readonly number[];
    readonly redis?: number;
  };
  readonly redis_url: string;
}

function readyFile(dataDir: string): string {
  return join(dataDir, 'ready.json');
}

/** In one step, for the owner only: it holds the key. */
export function writeReady(dataDir: string, ready: Ready): void {
  const temporary = `${readyFile(dataDir)}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(ready)}\n`, { mode: 0o600 });
  renameSync(temporary, readyFile(dataDir));
}

export function removeReady(dataDir: string): void {
  rmSync(readyFile(dataDir), { force: true });
}
