import { parseModel } from '@cytoqueue/classifier';
import { parseApiKeys } from '@cytoqueue/runtime';
import {
  type AuditEvent,
  OWN_PREFIX,
  ObjectKeys,
  TrainingKeys,
  auditEventShape,
  championShape,
  comparisonsShape,
  idempotencyDocumentShape,
  keysFileShape,
  lastUsedShape,
  parseDocument,
  predictionCompletionShape,
  predictionRequestShape,
  promotionShape,
  readDocument,
  reviewShape,
  tenantKeysShape,
  importProfileShape,
  shadowCountsShape,
  shadowMarkerShape,
  shadowShape,
  tenantSettingsShape,
} from '@cytoqueue/records';
import { ObjectCorruptError, type ObjectStore, listAll } from '@cytoqueue/storage';
import { FindingError } from './finding';
import type { VerifyContext } from './verify-batch';

export async function verifyPrediction({ store, checks }: VerifyContext, tenant: string, id: string): Promise<void> {
  const [requestKey, resultKey] = [
    ObjectKeys.predictionRequest(tenant, id),
    ObjectKeys.predictionCompletion(tenant, id),
  ];
  const hasResult = (await store.head(resultKey)) !== undefined;
  await checks.run(requestKey, 'damaged-document', async () => {
    const request = await readDocument(store, requestKey, predictionRequestShape);
    if (request.id !== id) throw new ObjectCorruptError(requestKey, 'it is the request of another record');
  });
  if (hasResult)
    await checks.run(resultKey, 'damaged-document', () => readDocument(store, resultKey, predictionCompletionShape));
  else if ((await store.head(ObjectKeys.pending(tenant, id))) === undefined) {
    checks.add(
      resultKey,
      'not-listed-as-unfinished',
      `the record has no result, and ${ObjectKeys.pending(tenant, id)} is missing`,
    );
  }
}

/** The record, batch or training that a marker or an idempotency key names. */
function rootOf(tenant: string, id: string): string {
  if (id.startsWith('training_')) return TrainingKeys.document(tenant, id);
  return id.startsWith('pred_') ? ObjectKeys.predictionRequest(tenant, id) : ObjectKeys.batchDocument(tenant, id);
}

export async function verifyReview({ store, checks }: VerifyContext, key: string): Promise<void> {
  await checks.run(key, 'damaged-document', async () => {
    const { id } = await readDocument(store, key, reviewShape);
    if (!key.endsWith(`/${id}`)) throw new ObjectCorruptError(key, 'it is another review');
  });
}

/**
 * The key of a record, review or confirmation is claimed before the resource is stored, so the resource may be missing; a batch is
 * stored before its key is claimed.
 */
export async function verifyIdempotency({ store, checks }: VerifyContext, tenant: string, key: string): Promise<void> {
  await checks.run(key, 'damaged-document', async () => {
    const { id } = await readDocument(store, key, idempotencyDocumentShape);
    if (
      !id.startsWith('batch_') ||
      (await store.head(rootOf(tenant, id))) !== undefined ||
      (await wasDeleted(store, tenant, id))
    )
      return;
    throw new FindingError('dangling-idempotency-key', `it names ${id}, which is not there and was not deleted`);
  });
}

/** Whether the audit log records the deletion. Read only for a key that names nothing. */
export async function wasDeleted(store: ObjectStore, tenant: string, id: string): Promise<boolean> {
  const [action, resource] = id.startsWith('pred_') ? ['prediction', 'predictions'] : ['batch', 'batches'];
  const startAfter = `${ObjectKeys.auditFolder(tenant)}audit_${id.slice(id.indexOf('_') + 1)}`;
  for await (const { key } of listAll(store, ObjectKeys.auditFolder(tenant), { startAfter })) {
    const text = (await store.get(key)).toString();
    if (text.includes(`"${action}.delete"`) && text.includes(`${resource}/${id}`)) return true;
  }
  return false;
}

export async function verifyPending({ store, checks }: VerifyContext, key: string): Promise<void> {
  const parsed = ObjectKeys.parsePendingKey(key);
  if (parsed === undefined) return;
  await checks.run(key, 'dangling-marker', async () => {
    if ((await store.head(rootOf(parsed.tenant, parsed.id))) === undefined)
      throw new FindingError('dangling-marker', `it names ${parsed.id}, which is not there`);
    const runKey = ObjectKeys.runDocument(parsed.tenant, parsed.id, parsed.run);
    if (parsed.run > 1 && (await store.head(runKey)) === undefined)
      throw new FindingError('dangling-marker', `it names run ${parsed.run}, which is not there`);
  });
}

export async function verifyAudit({ store, checks }: VerifyContext, key: string): Promise<void> {
  await checks.run(key, 'damaged-document', async () => {
    const lines = (await store.get(key)).toString().trimEnd().split('\n');
    for (const line of lines) parseDocument<AuditEvent>(Buffer.from(line), key, auditEventShape);
  });
}

/**
 * Checks the digest of each version and every promotion of the name; the newest must name an existing version.
 * @param tenant whose own model it is; undefined for a shared one
 */
export async function verifyModel({ store, checks }: VerifyContext, name: string, tenant?: string): Promise<void> {
  const root = tenant === undefined ? '' : ObjectKeys.ownModelsFolder(tenant);
  const folder = root + ObjectKeys.modelFolder(name);
  const shown = tenant === undefined ? name : OWN_PREFIX + name;
  const versions = new Set<string>();
  const champions: { key: string; version: string }[] = [];
  for await (const { key, size } of listAll(store, folder)) {
    checks.bytes += size;
    const isFirst = key === root + ObjectKeys.champion(name);
    if (isFirst || ObjectKeys.parsePromotion(key) !== undefined) {
      const entry = await checks.run(key, 'dangling-champion', async () =>
        isFirst ? readDocument(store, key, championShape) : readDocument(store, key, promotionShape),
      );
      if (entry !== undefined) champions.push({ key, version: entry.version });
      continue;
    }
    if (key.startsWith(root + ObjectKeys.allComparisonsFolder(name))) {
      await checks.run(key, 'damaged-document', () => readDocument(store, key, comparisonsShape));
      continue;
    }
    // Cards and plots have no digest.
    if (key.startsWith(root + ObjectKeys.allArtifactsFolder(name))) continue;
    // Marks of deleted versions are empty.
    if (key.startsWith(root + ObjectKeys.deletedModelsFolder(name))) continue;
    const version = key.slice(folder.length).replace(/\.json$/, '');
    versions.add(version);
    await checks.run(key, 'damaged-model', async () => {
      const { ref } = parseModel(await store.get(key));
      if (ref !== `${shown}@${version}`) throw new ObjectCorruptError(key, `it holds ${ref}`);
    });
  }
  const newest = champions.at(-1);
  if (newest !== undefined && !versions.has(newest.version))
    checks.add(newest.key, 'dangling-champion', `it names version ${newest.version}, which is not there`);
}

export async function verifySettings({ store, checks }: VerifyContext, key: string): Promise<void> {
  await checks.run(key, 'damaged-settings', () => readDocument(store, key, tenantSettingsShape));
}

export async function verifyShadow({ store, checks }: VerifyContext, key: string): Promise<void> {
  await checks.run(key, 'damaged-document', async () => {
    if (key.startsWith(ObjectKeys.shadowPendingFolder)) return readDocument(store, key, shadowMarkerShape);
    return key.startsWith(`${ObjectKeys.shadowFolder}settings/`)
      ? readDocument(store, key, shadowShape)
      : readDocument(store, key, shadowCountsShape);
  });
}

export async function verifyImportProfile({ store, checks }: VerifyContext, key: string): Promise<void> {
  await checks.run(key, 'damaged-profile', () => readDocument(store, key, importProfileShape));
}

export async function verifyAccess({ store, checks }: VerifyContext, key: string): Promise<void> {
  await checks.run(key, 'damaged-keys', async () => {
    const version = ObjectKeys.parseAccessKey(key);
    if (version === undefined) return readDocument(store, key, lastUsedShape);
    if (version.tenant !== undefined) return readDocument(store, key, tenantKeysShape);
    return parseKeysFile(key, await readDocument(store, key, keysFileShape));
  });
}

function parseKeysFile(key: string, document: object): object {
  try {
    return parseApiKeys(JSON.stringify(document), key);
  } catch (cause) {
    throw new ObjectCorruptError(key, 'it is no keys file', { cause });
  }
}
