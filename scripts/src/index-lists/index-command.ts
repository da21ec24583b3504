import { loadConfig } from '@cytoqueue/runtime';
import { ObjectKeys, repairStatusIndex } from '@cytoqueue/records';
import { type ObjectStore, listFolders } from '@cytoqueue/storage';
import { parseOptions } from '../command-options';
import { withExistingStore } from '../opened-store';
import type { Environment } from '../stack/launch';

const USAGE = `Usage: npm run index-lists -- [--dry-run]
Compares the status index of every tenant's lists with the records and batches, and corrects what differs.
With --dry-run it only says how many segments differ. It may run beside the services, and be interrupted and repeated.
The store is STORAGE_URL, or that of DATA_DIR.`;

/** Sets the exit code. */
export async function runIndexCommand(environment: Environment, args: readonly string[]): Promise<void> {
  try {
    const { 'dry-run': dryRun } = parseOptions(args, { 'dry-run': { type: 'boolean', default: false } }, USAGE);
    await withExistingStore(loadConfig(environment).storageUrl, (store) => repairAll(store, dryRun));
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}

async function repairAll(store: ObjectStore, dryRun: boolean): Promise<void> {
  for await (const tenant of listFolders(store, ObjectKeys.tenantsFolder)) {
    for (const kind of ['predictions', 'batches'] as const) {
      const { segments, repaired, added } = await repairStatusIndex(store, { tenant, kind }, { dryRun });
      console.log(
        `${tenant} ${kind}: ${segments} ${segments === 1 ? 'segment' : 'segments'}, ${repaired} ${dryRun ? 'differ' : 'corrected'}, ${added} added`,
      );
    }
  }
}
