import { ObjectKeys, RunFile, manifestShape, parseBatchDocument, readDocument } from '@cytoqueue/records';
import type { ObjectStore } from '@cytoqueue/storage';

/** Reads the results of a finished run: the whole object, or their parts. */
export async function readResults(store: ObjectStore, tenant: string, batchId: string, run = 1): Promise<Buffer> {
  const batchKey = ObjectKeys.batchDocument(tenant, batchId);
  const batch = parseBatchDocument(batchKey, await store.get(batchKey));
  const { results } = await readDocument(store, ObjectKeys.runManifest(tenant, batchId, run), manifestShape);
  if (results === undefined) throw new Error(`run ${run} of ${batchId} has no results`);
  if (results.composed !== true) return store.get(ObjectKeys.runResults(tenant, batchId, run));
  const chunks: Uint8Array[] = [];
  for await (const chunk of new RunFile(store, tenant, batch, run, 'results', results).chunks())
    chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
