import { driftJudgeOf } from '@cytoqueue/classifier';
import {
  ConfirmationKeys,
  type DamageReport,
  ObjectKeys,
  type ScoredDay,
  emptyCounts,
  encodeShardObject,
  findDocument,
  readDocument,
  scoredDayShape,
  sealDocument,
} from '@cytoqueue/records';
import { ModelRegistry } from '@cytoqueue/registry';
import { type ObjectStore, StoreUnavailableError, listAll } from '@cytoqueue/storage';
import fc from 'fast-check';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { dyingStore } from '../../test/dying-store';
import { registryInOutage } from '../../test/model-outage';
import { RunningApi } from '../../test/running-api';
import { MODEL, modelPin, storeBatch } from '../../test/stored-batch';
import { storePrediction } from '../../test/stored-prediction';
import { sweep } from '../tenants/sweeper';
import { RetentionPolicy } from '../tenants/retention-policy';
import { isoWeek, readDrift } from './drift';
import type { DriftReport } from './openapi';
import { toPeriod } from './period';
import { ScoredDays } from './scored-days';

const DAY_MS = 86_400_000;
const damage = {
  report: (_item: string, error: unknown) => {
    throw error;
  },
} as unknown as DamageReport;

let redis: RedisProcess;
let api: RunningApi;

beforeAll(async () => {
  redis = await RedisProcess.start();
  api = await RunningApi.start(redis.url);
});
beforeEach(() => api.assignKeys());
afterAll(async () => {
  await api?.stop();
  await redis?.down();
});

function newDays(store: ObjectStore = api.store): ScoredDays {
  return new ScoredDays({ store, registry: new ModelRegistry(store), damage }, 30);
}

async function documents(): Promise<Map<string, ScoredDay>> {
  const found = new Map<string, ScoredDay>();
  for await (const { key } of listAll(api.store, ConfirmationKeys.scoredDaysFolder(api.tenant)))
    found.set(key, await readDocument(api.store, key, scoredDayShape));
  return found;
}

/** Scored records of all days. */
async function totals(): Promise<{ confident: number; indeterminate: number; values: number }> {
  const days = [...(await documents()).values()];
  const answers = days.flatMap((day) => day.answers);
  const sum = (numbers: number[]) => numbers.reduce((one, other) => one + other, 0);
  return {
    confident: sum(answers.map((records) => records[3])),
    indeterminate: sum(answers.map((records) => records[4])),
    values: sum(days.flatMap(({ histograms }) => (histograms[MODEL] ?? []).map(([, count]) => count))),
  };
}

/** Grades of the model's training rows. */
async function trainingRecords(): Promise<Record<string, number | null>[]> {
  const { model } = await new ModelRegistry(api.store).loadPinned(await modelPin(api.store));
  const { featureCount, samples, rows } = model.training;
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(
      model.schema.features.map(({ name }, feature) => {
        const value = samples[row * featureCount + feature] as number;
        return [name, Number.isNaN(value) ? null : value];
      }),
    ),
  );
}

test('every record and every shard counts once, a retried shard when it has a result', async () => {
  const [record] = await trainingRecords();
  const histogram = Array.from({ length: 9 * 12 }, (_, bin) => (bin % 12 === 3 ? 2 : 0));
  await storePrediction(api, { probability: 0.9, features: record });
  await storePrediction(api, { probability: 0.4, outcome: 'indeterminate', features: record });
  const queued = await storePrediction(api, { probability: 0.4, status: 'queued' });
  const shards = [
    ['benign', 'indeterminate'],
    ['benign', 'malignant'],
  ] as const;
  const batch = await storeBatch(
    api,
    shards.map((kinds) => [...kinds]),
    { failed: [1], histogram },
  );
  for (let pass = 0; pass < 3; pass++) await newDays().update(Date.now());
  expect(await totals()).toEqual({ confident: 2, indeterminate: 2, values: 2 * 9 + 9 * 2 });
  expect([...(await documents()).values()].at(-1)?.open).toEqual({ [batch]: [1], [queued]: [] });

  const key = ObjectKeys.shard(api.tenant, batch, 1, MODEL);
  const counts = { ...emptyCounts(), succeeded: 2, benign: 1, malignant: 1, confident_benign: 2 };
  const none = new Uint8Array();
  await api.store.put(
    key,
    encodeShardObject({ counts, histogram, results: none, errors: none, changes: none }, { key }),
  );
  const first = JSON.parse((await api.store.get(ObjectKeys.runManifest(api.tenant, batch, 1))).toString()) as object;
  const manifest = { ...first, checksum: undefined, run: 2, failed_shards: [] };
  await api.store.put(ObjectKeys.runManifest(api.tenant, batch, 2), sealDocument(manifest));
  await newDays().update(Date.now());
  expect(await totals()).toEqual({ confident: 4, indeterminate: 2, values: 2 * 9 + 2 * 9 * 2 });
  expect([...(await documents()).values()].at(-1)?.open).toEqual({ [queued]: [] });
});

test('after crashes at any write and with two processes at once the documents are the bytes of one undisturbed pass', async () => {
  const records = await trainingRecords();
  const order = fc.sample(fc.shuffledSubarray(records, { minLength: 30, maxLength: 30 }), 1)[0] ?? [];
  const [one, other] = [newDays(), newDays()];
  const now = () => Date.now() + 3 * DAY_MS;
  // Ids appear in ascending order, as those of accepted records do.
  for (const [step, features] of order.entries()) {
    await storePrediction(api, { probability: (step % 10) / 10, features, ageDays: step < 15 ? 1 : 0 });
    if (step % 10 === 0) await storeBatch(api, [['benign'], ['indeterminate']]);
    if (step % 3 === 0)
      await newDays(dyingStore(api.store, 1 + (step % 2), step % 2 === 0))
        .update(Date.now())
        .catch(ignore);
    if (step % 4 === 0) await Promise.all([one.update(Date.now()), other.update(Date.now())]);
  }
  await newDays().update(now());
  const disturbed = await documents();
  expect([...disturbed.values()].map(({ closed, open, counted }) => [closed, open, counted])).toEqual(
    Array.from({ length: disturbed.size }, () => [true, {}, []]),
  );
  expect(await totals()).toMatchObject({ confident: 30 + 3, indeterminate: 3, values: 30 * 9 });
  await api.store.deletePrefix(ConfirmationKeys.scoredDaysFolder(api.tenant));
  await newDays().update(now());
  expect(await documents()).toEqual(disturbed);
});

const ignore = () => undefined;

test('a record stays counted when it is deleted, and a closed day is not counted again', async () => {
  const id = await storePrediction(api, { probability: 0.9, ageDays: 3 });
  await newDays().update(Date.now());
  await api.store.deletePrefix(ObjectKeys.predictionFolder(api.tenant, id));
  await storePrediction(api, { probability: 0.9, ageDays: 3 });
  await newDays().update(Date.now());
  expect((await totals()).confident).toBe(1);
});

async function drift(query = ''): Promise<DriftReport> {
  const response = await api.fetch(`/v1/drift${query}`);
  expect(response.status).toBe(200);
  return (await response.json()) as DriftReport;
}

test('drift by week compares records with the training data, without bins of fewer than 20', async () => {
  const records = await trainingRecords();
  for (const features of records.slice(0, 120)) await storePrediction(api, { probability: 0.1, features, ageDays: 14 });
  for (const features of records.slice(0, 60)) {
    const halved = Object.fromEntries(
      Object.entries(features).map(([name, value]) => [name, value === null ? null : Math.ceil(value / 2)]),
    );
    await storePrediction(api, { probability: 0.1, features: halved, ageDays: 7 });
  }
  await storePrediction(api, { probability: 0.1, features: records[0] });
  await newDays().update(Date.now());
  const weekOf = (ageDays: number) => isoWeek(Math.floor(Date.now() / DAY_MS) * DAY_MS - ageDays * DAY_MS);
  const { data, histograms } = await drift('?model=wbc-knn');
  expect(data.map(({ week, model, records: count, verdict }) => [week, model, count, verdict])).toEqual([
    [weekOf(14), MODEL, 120, 'like_training'],
    [weekOf(7), MODEL, 60, 'unlike_training'],
    [weekOf(0), MODEL, 1, 'too_few_rows'],
  ]);
  const bins = Object.values(histograms[MODEL] ?? {}).flat();
  expect(bins.length).toBeGreaterThan(9);
  expect(bins.every(({ count }) => count >= 20)).toBe(true);
  expect(await drift('?model=wdbc-knn')).toEqual({ data: [], histograms: {} });
  const day = new Date(Date.now() - 10 * DAY_MS).toISOString();
  expect((await drift(`?from=${day}`)).data).toHaveLength(2);
  expect((await drift(`?to=${day}`)).data).toHaveLength(1);
  api.assignKeys();
  expect(await drift()).toEqual({ data: [], histograms: {} });
});

test('an outage of the store while a model is read loses no values and no model', async () => {
  const [features] = await trainingRecords();
  await storePrediction(api, { probability: 0.1, features });
  const registry = registryInOutage(api.store);
  await expect(new ScoredDays({ store: api.store, registry, damage }, 30).update(Date.now())).rejects.toThrow(
    StoreUnavailableError,
  );
  expect((await documents()).size).toBe(0);
  await newDays().update(Date.now());
  expect(await totals()).toMatchObject({ confident: 1, values: 9 });
  await expect(readDrift({ store: api.store, registry }, api.tenant, toPeriod({}), () => undefined)).rejects.toThrow(
    StoreUnavailableError,
  );
});

test('histograms are removed after 90 days, counts with the confirmations', async () => {
  const [features] = await trainingRecords();
  await storePrediction(api, { probability: 0.1, features, ageDays: 5 });
  await newDays().update(Date.now());
  const [key] = [...(await documents()).keys()];
  const read = () => findDocument(api.store, key ?? '', scoredDayShape);
  const retention = new RetentionPolicy({ resources: 30, inputs: 30, confirmations: 365 });
  const sweepAt = (days: number) => sweep({ store: api.store, retention, damage }, Date.now() + days * DAY_MS);
  await sweepAt(80);
  expect(Object.keys((await read())?.histograms ?? {})).toEqual([MODEL]);
  await sweepAt(95);
  expect(await read()).toMatchObject({ histograms: {}, answers: [[expect.any(Number), MODEL, 'default', 1, 0]] });
  await sweepAt(400);
  expect(await read()).toBeUndefined();
});

test.each([
  ['2026-11-22', '2026-W47'],
  ['2026-11-23', '2026-W48'],
  ['2027-01-03', '2026-W53'],
  ['2024-12-30', '2025-W01'],
])('%s lies in week %s', (day, week) => {
  expect(isoWeek(Date.parse(day))).toBe(week);
});

test('values of single records fall into the bins of batches', async () => {
  const { model } = await new ModelRegistry(api.store).loadPinned(await modelPin(api.store));
  const records = (await trainingRecords()).slice(0, 50);
  for (const features of records) await storePrediction(api, { probability: 0.1, features });
  await newDays().update(Date.now());
  const rows = records.flatMap((record) => Object.values(record).map((value) => value ?? NaN));
  const counts = [...driftJudgeOf(model).bins.count(rows)];
  const expected = counts.flatMap((count, bin) => (count > 0 ? [[bin, count]] : []));
  const stored = [...(await documents()).values()].flatMap(({ histograms }) => histograms[MODEL] ?? []);
  expect(stored).toEqual(expected);
});
