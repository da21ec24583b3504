import { createHash } from 'node:crypto';
import {
  OWN_PREFIX,
  ObjectKeys,
  TrainingKeys,
  readDocument,
  trainingFoldShape,
  trainingResultShape,
  trainingShape,
  trainingVersionShape,
} from '@cytoqueue/records';
import { ObjectCorruptError, type ObjectStore, listAll } from '@cytoqueue/storage';
import { FindingError } from './finding';
import type { VerifyContext } from './verify-batch';

/** Checks a training's documents, and file and rows by their digests; retention deletes those of a finished training. */
export async function verifyTraining({ store, checks }: VerifyContext, tenant: string, id: string): Promise<void> {
  const documentKey = TrainingKeys.document(tenant, id);
  const training = await checks.run(documentKey, 'damaged-document', () =>
    readDocument(store, documentKey, trainingShape),
  );
  const digests = new Map([
    [TrainingKeys.input(tenant, id), training?.input.sha256],
    [TrainingKeys.rows(tenant, id), training?.rows_sha256],
  ]);
  const found = new Set<string>();
  for await (const { key, size } of listAll(store, TrainingKeys.folder(tenant, id))) {
    checks.bytes += size;
    found.add(key);
    const expected = digests.get(key);
    if (expected !== undefined)
      await checks.run(key, 'damaged-input', async () => {
        const hash = createHash('sha256');
        for await (const chunk of await store.getStream(key)) hash.update(chunk as Buffer);
        if (hash.digest('hex') !== expected) throw new ObjectCorruptError(key, 'its SHA-256 is another one');
      });
    else if (key.startsWith(TrainingKeys.foldsFolder(tenant, id)))
      await checks.run(key, 'damaged-document', () => readDocument(store, key, trainingFoldShape));
    else if (key === TrainingKeys.version(tenant, id))
      await checks.run(key, 'damaged-document', () => readDocument(store, key, trainingVersionShape));
    else if (key === TrainingKeys.result(tenant, id))
      await checks.run(key, 'damaged-document', () => readDocument(store, key, trainingResultShape));
  }
  const resultKey = TrainingKeys.result(tenant, id);
  if (found.has(resultKey)) {
    await checks.run(resultKey, 'missing', () => assertVersionExists(store, tenant, resultKey));
    return;
  }
  const [, rowsKey] = [...digests.keys()] as [string, string];
  if (!found.has(rowsKey)) checks.add(rowsKey, 'missing', 'an unfinished training needs its rows');
  if ((await store.head(ObjectKeys.pending(tenant, id))) === undefined)
    checks.add(
      documentKey,
      'not-listed-as-unfinished',
      `the training has no result, and ${ObjectKeys.pending(tenant, id)} is missing`,
    );
}

/** @throws FindingError when the version that the training has added is neither stored nor marked as deleted */
async function assertVersionExists(store: ObjectStore, tenant: string, resultKey: string): Promise<void> {
  const { model } = await readDocument(store, resultKey, trainingResultShape);
  if (model === undefined) return;
  const name = model.name.slice(OWN_PREFIX.length);
  const keys = [ObjectKeys.model(name, model.version), ObjectKeys.deletedModel(name, model.version)];
  const heads = keys.map((key) => store.head(ObjectKeys.ownModelsFolder(tenant) + key));
  if ((await Promise.all(heads)).every((head) => head === undefined))
    throw new FindingError('missing', `it names ${model.name}@${model.version}, which is not there`);
}
