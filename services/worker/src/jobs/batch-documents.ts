import { type BatchDocument, ObjectKeys, parseBatchDocument, readDocumentBytes } from '@cytoqueue/records';
import type { ObjectStore } from '@cytoqueue/storage';

/** Caches `batch.json`, which never changes, so that a worker reads it once for many shards. */
export class BatchDocumentCache {
  private readonly documents = new Map<string, Promise<BatchDocument>>();
  private readonly runs = new Set<string>();
  private static readonly MAX_CACHED = 32;

  constructor(private readonly store: ObjectStore) {}

  read(tenant: string, batchId: string): Promise<BatchDocument> {
    const key = ObjectKeys.batchDocument(tenant, batchId);
    let document = this.documents.get(key);
    if (document === undefined) {
      document = readDocumentBytes(this.store, key).then((bytes) => parseBatchDocument(key, bytes));
      this.documents.set(key, document);
      document.catch(() => this.documents.delete(key));
      if (this.documents.size > BatchDocumentCache.MAX_CACHED)
        this.documents.delete(this.documents.keys().next().value as string);
    }
    return document;
  }

  /** Whether this run of the batch has been opened. Run 1 exists as soon as the batch is accepted. */
  async hasRun(tenant: string, batchId: string, run: number): Promise<boolean> {
    const prefix = ObjectKeys.runFolder(tenant, batchId, run);
    if (run === 1 || this.runs.has(prefix)) return true;
    const { objects } = await this.store.list({ prefix, limit: 1 });
    if (objects.length === 0) return false;
    if (this.runs.size >= BatchDocumentCache.MAX_CACHED) this.runs.clear();
    this.runs.add(prefix);
    return true;
  }
}
