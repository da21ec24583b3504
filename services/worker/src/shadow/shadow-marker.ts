import type { Logger } from '@cytoqueue/runtime';
import { type BatchDocument, ObjectKeys, type ShadowMarker, sealDocument } from '@cytoqueue/records';
import { type ModelRegistry, isOwn } from '@cytoqueue/registry';
import { ObjectCorruptError, type ObjectStore, ObjectUnreadableError } from '@cytoqueue/storage';

interface ShadowMarkerDeps {
  store: ObjectStore;
  registry: Pick<ModelRegistry, 'shadows'>;
  logger: Pick<Logger, 'error'>;
}

/**
 * Marks a batch whose results can be compared for the model's shadow version. Call it before the manifest of the
 * batch's first run is written, so that a finished batch without a marker was counted or needs no count. A batch counts
 * with its first run: retries and batches that score another one's rows again bring no new rows. A damaged setting does
 * not fail the batch.
 */
export async function markForShadow(
  { store, registry, logger }: ShadowMarkerDeps,
  tenant: string,
  batch: BatchDocument,
  run: number,
): Promise<void> {
  // Own models have no shadow versions.
  if (run > 1 || batch.rescores !== undefined || isOwn(batch.model.name)) return;
  try {
    const shadow = await registry.shadows.findRecent(batch.model.name);
    if (shadow === undefined || shadow.model.digest === batch.model.digest) return;
    const marker: ShadowMarker = { shadow_id: shadow.id };
    await store.put(ObjectKeys.shadowPending(tenant, batch.id), sealDocument(marker));
  } catch (error) {
    if (!(error instanceof ObjectCorruptError || error instanceof ObjectUnreadableError)) throw error;
    logger.error(
      { model: batch.model.name, err: error, alarm: 'object-corrupt' },
      "ALARM: the setting of the model's shadow version cannot be read; batches are not compared with it",
    );
  }
}
