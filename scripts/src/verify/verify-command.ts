import { loadConfig } from '@cytoqueue/runtime';
import { ObjectKeys, createObjectStore } from '@cytoqueue/storage';
import { readOptions } from '../keys/keys-file';
import type { Environment } from '../stack/launch';
import type { Finding } from './finding';
import { type Summary, verifyStore } from './verify-store';

const USAGE = `Usage: npm run verify -- [--tenant T] [--json]
Checks every stored checksum and count of the store that STORAGE_URL names, or that of DATA_DIR. It changes nothing.
Exit status: 0 nothing is damaged, 1 something is, 2 it could not be checked.`;
const PROGRESS_EVERY_MS = 200;

/** @param json findings as JSON lines, the summary last */
export async function runVerifyCommand(environment: Environment, args: readonly string[]): Promise<void> {
  try {
    const { tenant, json = false } = readOptions(args, { values: ['tenant'], flags: ['json'] }, USAGE);
    if (tenant !== undefined && !ObjectKeys.isTenant(tenant)) throw new Error(USAGE);
    const { storageUrl, inputRetentionDays, retentionDays } = loadConfig(environment);
    const store = createObjectStore(storageUrl);
    await store.start();
    try {
      const summary = await verifyStore(store, { tenant, inputRetentionDays, retentionDays, onFinding: json ? printJson : printFinding, onProgress: progressLine() });
      if (json) printJson(summary);
      else console.log(`${describe(summary)} in ${storageUrl}`);
      process.exitCode = summary.damaged === 0 ? 0 : 1;
    } finally {
      await store.stop();
    }
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 2;
  }
}

function printJson(value: object): void {
  console.log(JSON.stringify(value));
}

function printFinding({ key, kind, detail, remedy }: Finding): void {
  console.log(`${kind}: ${key}\n  ${detail}\n  ${remedy}`);
}

function describe({ objects, bytes, damaged }: Summary): string {
  return `${objects} objects checked, ${(bytes / 1e6).toFixed(1)} MB of batches and models, ${damaged} damaged`;
}

/** On a terminal only. */
function progressLine(): ((summary: Summary) => void) | undefined {
  if (!process.stderr.isTTY) return undefined;
  let lastMs = 0;
  return (summary) => {
    if (performance.now() - lastMs < PROGRESS_EVERY_MS) return;
    lastMs = performance.now();
    process.stderr.write(`\r\u001b[K${describe(summary)} so far\r`);
  };
}
