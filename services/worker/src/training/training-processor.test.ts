import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseModel } from '@cytoqueue/classifier';
import { PostponeError, createWorkerConnection } from '@cytoqueue/queue';
import {
  type TrainingDocument,
  TrainingKeys,
  createId,
  encodeTrainingRows,
  isPending,
  putDocument,
  putDocumentOnce,
  putPending,
  readDocument,
  trainingResultShape,
} from '@cytoqueue/records';
import { ModelRegistry } from '@cytoqueue/registry';
import { type ObjectStore, listAll, openStore } from '@cytoqueue/storage';
import { type LabelledSample, createTrainingSet, groupById } from '@cytoqueue/training';
import type { Redis } from 'ioredis';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { thyroidRows, thyroidSchema } from '../../../../test/src/support/third-schema';
import { TrainingProcessor } from './training-processor';

const THREAD_FILE = join(__dirname, '../../dist/training/training-thread.js');
const TENANT = 'lab';
/** Fewer than the API asks for, because a fold takes as long as all else. */
const FOLDS = 5;

let server: RedisProcess;
let redis: Redis;
let directory: string;
let store: ObjectStore;
let registry: ModelRegistry;
const processors: TrainingProcessor[] = [];

beforeAll(async () => {
  server = await RedisProcess.start();
  redis = createWorkerConnection(server.url, () => undefined);
});

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'trainings-'));
  store = openStore(pathToFileURL(directory).href);
  await store.start();
  registry = new ModelRegistry(store);
  await registry.installShipped();
});

afterEach(async () => {
  await Promise.all(processors.splice(0).map((processor) => processor.stop()));
  await rm(directory, { recursive: true });
});

afterAll(async () => {
  redis.disconnect();
  await server.down();
});

function createProcessor(changed: Partial<ConstructorParameters<typeof TrainingProcessor>[0]> = {}): TrainingProcessor {
  const deps = {
    store,
    registry,
    producer: { waitingJobs: async () => 0 },
    redis,
    livenessMonitor: { recordActivity: () => undefined },
    ...changed,
  };
  const processor = new TrainingProcessor(deps, THREAD_FILE);
  processors.push(processor);
  return processor;
}

/** Stores an accepted training as the API does. */
async function accept(labelled: readonly LabelledSample[] = thyroidRows(), name = 'mylab') {
  const id = createId('training_');
  const training = createTrainingSet(labelled, thyroidSchema);
  const rows = encodeTrainingRows({ ...training, groups: groupById(labelled) });
  await store.put(TrainingKeys.rows(TENANT, id), rows);
  const positive = labelled.filter(({ label }) => label === 1).length;
  const document: TrainingDocument = {
    id,
    created_at: new Date().toISOString(),
    name,
    filename: 'cases.csv',
    schema: thyroidSchema.definition!,
    label: 'Verlauf',
    group: 'Fallnummer',
    seed: 2,
    input: { bytes: 1, sha256: '1'.repeat(64) },
    rows: labelled.length,
    complete_rows: labelled.length,
    features: training.featureCount,
    classes: [labelled.length - positive, positive],
    rows_sha256: createHash('sha256').update(rows).digest('hex'),
    folds: FOLDS,
    repetitions: 1,
  };
  await putDocument(store, TrainingKeys.document(TENANT, id), document);
  await putPending(store, TENANT, id);
  return { v: 1, tenant: TENANT, trainingId: id } as const;
}

const resultOf = (id: string) => readDocument(store, TrainingKeys.result(TENANT, id), trainingResultShape);

async function keysBelow(prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listAll(store, prefix)) keys.push(key.slice(prefix.length));
  return keys;
}

test('a training ends with a version of the tenant, its card and its figures, and nothing is promoted', async () => {
  const job = await accept();
  await createProcessor().process(job);
  const result = await resultOf(job.trainingId);
  expect(result).toMatchObject({
    status: 'succeeded',
    model: { name: 'own/mylab', version: '1' },
    evaluation: { folds: FOLDS, repetitions: 1 },
  });
  expect(result.evaluation?.cv['auc']).toBeGreaterThan(0.9);
  const own = registry.ofTenant(TENANT);
  expect(await own.find('mylab')).toMatchObject({ versions: ['1'], champion: null });
  const { model } = await own.loadPinned(result.model!);
  expect(model.training.rows).toBe(240);
  expect(await keysBelow(`own-models/${TENANT}/models/mylab/artifacts/1/`)).toEqual([
    'card.md',
    'confusion-matrix.svg',
    'evaluation.json',
    'reliability.svg',
    'risk-coverage.svg',
    'roc.svg',
  ]);
  expect(await isPending(store, TENANT, job.trainingId)).toBe(false);
  expect(await registry.ofTenant('other').find('mylab')).toBeUndefined();
});

test('the same data and seed give the same bytes but for the version, which is compared with the champion', async () => {
  const [first, second] = [await accept(), await accept()];
  await createProcessor().process(first);
  const own = registry.ofTenant(TENANT);
  await own.promote('mylab', '1', 'test');
  await createProcessor().process(second);
  const files = await Promise.all(
    ['1', '2'].map(async (version) => {
      const { bytes } = await own.load(`mylab@${version}`);
      const { digest: _, version: __, ...file } = parseModel(bytes).file;
      return file;
    }),
  );
  expect(files[1]).toEqual(files[0]);
  const pin = await own.resolve('mylab@2');
  const comparisons = await own.comparisons.read({ ...pin, name: 'mylab' });
  expect(comparisons).toMatchObject([
    { model: 'own/mylab@1', records: 240, sensitivity: { difference: { value: 0 } } },
  ]);
});

test('a training whose worker stops goes on at the fold it was in, with the same bytes', async () => {
  const job = await accept();
  const stored: string[] = [];
  const recorded = (onPut: (key: string) => void): ObjectStore =>
    new Proxy(store, {
      get: (target, member, receiver) => {
        if (member !== 'put') return Reflect.get(target, member, receiver) as unknown;
        return async (key: string, ...rest: [Buffer]) => {
          await target.put(key, ...rest);
          onPut(key);
        };
      },
    });
  const stopping = createProcessor({
    store: recorded((key) => {
      if (key === TrainingKeys.fold(TENANT, job.trainingId, 3)) void stopping.stop();
    }),
  });
  await expect(stopping.process(job)).rejects.toBeInstanceOf(PostponeError);
  expect(await keysBelow(TrainingKeys.foldsFolder(TENANT, job.trainingId))).toHaveLength(3);
  await createProcessor({ store: recorded((key) => stored.push(key)) }).process(job);
  const folds = stored.filter((key) => key.startsWith(TrainingKeys.foldsFolder(TENANT, job.trainingId)));
  expect(folds).toEqual([4, 5].map((number) => TrainingKeys.fold(TENANT, job.trainingId, number)));
  const uninterrupted = await accept(thyroidRows(), 'other');
  await createProcessor().process(uninterrupted);
  const [one, other] = [await resultOf(job.trainingId), await resultOf(uninterrupted.trainingId)];
  expect(one.evaluation).toEqual(other.evaluation);
});

test('a redelivery after the version was stored adds no second version', async () => {
  const job = await accept();
  const failing = createProcessor({
    store: new Proxy(store, {
      get: (target, member, receiver) =>
        member === 'putOnce'
          ? () => Promise.reject(new Error('killed'))
          : (Reflect.get(target, member, receiver) as unknown),
    }),
  });
  await expect(failing.process(job)).rejects.toThrow('killed');
  await createProcessor().process(job);
  expect((await registry.ofTenant(TENANT).find('mylab'))?.versions).toEqual(['1']);
});

test.each([
  ['goes on', false],
  ['is killed then', true],
])('a training that is canceled after its version was stored, by a worker that %s, removes it', async (_, isKilled) => {
  const job = await accept();
  const cancel = () =>
    putDocumentOnce(store, TrainingKeys.result(TENANT, job.trainingId), {
      status: 'canceled',
      completed_at: new Date().toISOString(),
    });
  const disturbed = new Proxy(store, {
    get: (target, member, receiver) => {
      if (member !== 'putOnce') return Reflect.get(target, member, receiver) as unknown;
      return async (key: string, ...rest: [Buffer]) => {
        if (key.endsWith('/card.md')) await cancel();
        if (key.endsWith('/card.md') && isKilled) throw new Error('killed');
        await target.putOnce(key, ...rest);
      };
    },
  });
  const first = createProcessor({ registry: new ModelRegistry(disturbed) });
  const outcome = await first.process(job).catch((error: Error) => error.message);
  expect(outcome).toBe(isKilled ? 'killed' : undefined);
  const before = await registry.ofTenant(TENANT).find('mylab');
  expect(before?.versions).toEqual(isKilled ? ['1'] : undefined);
  await createProcessor().process(job);
  expect(await registry.ofTenant(TENANT).find('mylab')).toBeUndefined();
  expect(await resultOf(job.trainingId)).toMatchObject({ status: 'canceled' });
});

test('a training that its admin deletes as soon as it has succeeded keeps its version', async () => {
  const job = await accept();
  const deleting = new Proxy(store, {
    get: (target, member, receiver) => {
      if (member !== 'putOnce') return Reflect.get(target, member, receiver) as unknown;
      return async (key: string, ...rest: [Buffer]) => {
        await target.putOnce(key, ...rest);
        if (key === TrainingKeys.result(TENANT, job.trainingId))
          await target.deletePrefix(TrainingKeys.folder(TENANT, job.trainingId));
      };
    },
  });
  await createProcessor({ store: deleting }).process(job);
  expect((await registry.ofTenant(TENANT).find('mylab'))?.versions).toEqual(['1']);
});

test('a canceled training stops, and one that is deleted as well leaves nothing', async () => {
  const [canceled, deleted] = [await accept(), await accept()];
  const end = { status: 'canceled', completed_at: new Date().toISOString() };
  await putDocumentOnce(store, TrainingKeys.result(TENANT, canceled.trainingId), end);
  await createProcessor().process(canceled);
  expect(await resultOf(canceled.trainingId)).toEqual(end);
  await store.delete(TrainingKeys.document(TENANT, deleted.trainingId));
  await createProcessor().process(deleted);
  const during = await accept();
  const processor = createProcessor({
    redis: Object.assign(Object.create(redis), {
      publish: async (channel: string, message: string) => {
        await store.deletePrefix(TrainingKeys.folder(TENANT, during.trainingId));
        return redis.publish(channel, message);
      },
    }) as Redis,
  });
  await processor.process(during);
  expect(await keysBelow(TrainingKeys.folder(TENANT, during.trainingId))).toEqual([]);
  expect(await registry.ofTenant(TENANT).find('mylab')).toBeUndefined();
});

test('data on which no model can be trained end the training with the reason', async () => {
  // Too few rows of a class outside a fold for the five nearest; the API refuses such a file.
  const job = await accept(thyroidRows(18));
  await createProcessor().process(job);
  expect(await resultOf(job.trainingId)).toMatchObject({ status: 'failed', error: { code: 'too-few-rows' } });
  expect(await isPending(store, TENANT, job.trainingId)).toBe(false);
});

test('classes that do not overlap give a model', async () => {
  const apart = thyroidRows().map((row) => ({
    ...row,
    sample: Array.from(row.sample, (value, feature) => (feature === 0 && row.label === 1 ? value + 100 : value)),
  }));
  const job = await accept(apart);
  await createProcessor().process(job);
  expect(await resultOf(job.trainingId)).toMatchObject({ status: 'succeeded', evaluation: { cv: { accuracy: 1 } } });
});

test('a training waits while other work does', async () => {
  const job = await accept();
  let asked = 0;
  const processor = createProcessor({ producer: { waitingJobs: async () => (++asked === 1 ? 1 : 0) } });
  await processor.process(job);
  // Once while a shard waits, then before each fold and before the model is fitted.
  expect(asked).toBe(1 + FOLDS + 1);
  expect(await resultOf(job.trainingId)).toMatchObject({ status: 'succeeded' });
});
