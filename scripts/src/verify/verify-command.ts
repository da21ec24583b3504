import { loadConfig } from '@cytoqueue/runtime';
import { ObjectKeys } from '@cytoqueue/records';
import { parseOptions } from '../command-options';
import { withExistingStore } from '../opened-store';
import type { Environment } from '../stack/launch';
import type { Finding } from './finding';
import { type Summary, verifyStore } from './verify-store';

const USAGE = `Usage: npm run verify -- [--tenant T] [--json]
Checks every stored checksum and count of the store that STORAGE_URL names, or that of DATA_DIR. It changes nothing.
Exit status: 0 nothing is damaged, 1 something is, 2 it could not be checked or holds nothing.`;
/** On a terminal, where the line is replaced; and elsewhere, where each is a line of its own. */
const PROGRESS_INTERVAL_MS = { terminal: 200, log: 5_000 };

/** @param json findings as JSON lines, the summary last */
export async function runVerifyCommand(environment: Environment, args: readonly string[]): Promise<void> {
  try {
    const options = { tenant: { type: 'string' }, json: { type: 'boolean', default: false } } as const;
    const { tenant, json } = parseOptions(args, options, USAGE);
    if (tenant !== undefined && !ObjectKeys.isTenant(tenant)) throw new Error(USAGE);
    const { storageUrl, inputRetentionDays, retentionDays } = loadConfig(environment);
    console.error(`Checking ${storageUrl}`);
    const summary = await withExistingStore(storageUrl, (store) =>
      withProgress((onProgress) =>
        verifyStore(store, {
          tenant,
          inputRetentionDays,
          retentionDays,
          onFinding: json ? printJson : printFinding,
          onProgress,
        }),
      ),
    );
    if (summary.objects === 0)
      throw new Error(`nothing found at ${storageUrl}${tenant === undefined ? '' : ` of the tenant ${tenant}`}`);
    if (json) printJson(summary);
    else console.log(`${describe(summary)} in ${storageUrl}`);
    process.exitCode = summary.damaged === 0 ? 0 : 1;
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

/** By the clock, because a large batch is one step and takes minutes. */
async function withProgress(work: (onProgress: (summary: Summary) => void) => Promise<Summary>): Promise<Summary> {
  const [start, end, intervalMs] = process.stderr.isTTY
    ? ['\r\u001b[K', '\r', PROGRESS_INTERVAL_MS.terminal]
    : ['', '\n', PROGRESS_INTERVAL_MS.log];
  let latest: Summary = { objects: 0, bytes: 0, damaged: 0 };
  const timer = setInterval(() => process.stderr.write(`${start}${describe(latest)} so far${end}`), intervalMs);
  try {
    return await work((summary) => (latest = summary));
  } finally {
    clearInterval(timer);
  }
}
