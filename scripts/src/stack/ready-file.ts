import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Content of DATA_DIR/ready.json: what scripts and tests need to use a running stack. */
export interface Ready {
  readonly url: string;
  /** Null when API_KEYS_FILE is set, because it holds hashes only. */
  readonly api_key: string | null;
  /** `redis` is absent when REDIS_URL names an external server. */
  readonly pids: {
    readonly stack: number;
    readonly api: number;
    readonly workers: readonly number[];
    readonly redis?: number;
  };
  readonly redis_url: string;
  /** Port of each worker's health and metrics. */
  readonly worker_ports: readonly number[];
}

function readyFile(dataDir: string): string {
  return join(dataDir, 'ready.json');
}

/** Replaced atomically and readable by the owner only, because it holds the key. */
export function writeReady(dataDir: string, ready: Ready): void {
  const temporary = `${readyFile(dataDir)}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(ready)}\n`, { mode: 0o600 });
  renameSync(temporary, readyFile(dataDir));
}

export function removeReady(dataDir: string): void {
  rmSync(readyFile(dataDir), { force: true });
}
