import { randomUUID } from 'node:crypto';
import { ConfirmationKeys, type DamageReport, type PredictionResult, createId } from '@cytoqueue/records';
import { ModelRegistry } from '@cytoqueue/registry';
import { type ObjectStore, StoreUnavailableError, listAll } from '@cytoqueue/storage';
import fc from 'fast-check';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { dyingStore } from '../../test/dying-store';
import { registryInOutage } from '../../test/model-outage';
import { RECORD, RunningApi } from '../../test/running-api';
import { type StoredPrediction, storePrediction } from '../../test/stored-prediction';
import type { PerformanceEntry } from './openapi';
import { ScoredDays } from '../scored-days/scored-days';
import { SensitivityWatch, readSensitivityAlarms } from './sensitivity-watch';
import { listSummaries } from './summarize';
import { createSummaryPass } from './summary-job';

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

const predicted = (prediction: StoredPrediction) => storePrediction(api, prediction);

const post = (body: unknown, headers: Record<string, string> = {}) =>
  api.fetch('/v1/confirmations', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const postCsv = (body: string, headers: Record<string, string> = {}) =>
  api.fetch('/v1/confirmations', { method: 'POST', headers: { 'content-type': 'text/csv', ...headers }, body });

async function confirm(prediction_id: string, confirmed_class: string): Promise<string> {
  const response = await post({ prediction_id, confirmed_class, confirmed_at: '2026-11-02' });
  expect(response.status).toBe(201);
  return ((await response.json()) as { id: string }).id;
}

function newPass(store: ObjectStore = api.store): () => Promise<void> {
  const logger = {
    warn: () => undefined,
    error: (ids: object, msg: string) => void api.logged.push({ level: 50, msg, ...ids }),
  };
  // A pass that fails must fail the test.
  const report = (_item: string, error: unknown) => {
    throw error;
  };
  const damage = { report } as unknown as DamageReport;
  const registry = new ModelRegistry(store);
  const summarize = createSummaryPass({ store, registry, redis: api.commands, damage, logger: logger as never });
  const days = new ScoredDays({ store, registry, damage }, 30);
  return async () => {
    await summarize();
    await days.update(Date.now());
  };
}

async function figures(query = ''): Promise<PerformanceEntry[]> {
  const response = await api.fetch(`/v1/performance${query}`);
  expect(response.status).toBe(200);
  return ((await response.json()) as { data: PerformanceEntry[] }).data;
}

const all = (entries: PerformanceEntry[]) => entries.find(({ outcome }) => outcome === 'all') as PerformanceEntry;

test('confirmed diagnoses become the figures of their model and operating point, and nothing else of the record is kept', async () => {
  const answers: [number, string, PredictionResult['outcome']][] = [
    [0.9, 'malignant', 'confident'],
    [0.6, 'malignant', 'indeterminate'],
    [0.2, 'malignant', 'indeterminate'],
    [0.1, 'benign', 'confident'],
    [0.7, 'benign', 'confident'],
  ];
  for (const [probability, confirmed, outcome] of answers)
    await confirm(await predicted({ probability, outcome }), confirmed);
  await predicted({ probability: 0.1 });
  await newPass()();
  const entries = await figures();
  expect(entries.map(({ outcome, predicted: n, confirmed }) => [outcome, n, confirmed])).toEqual([
    ['all', 6, 5],
    ['confident', 4, 3],
    ['indeterminate', 2, 2],
  ]);
  expect(all(entries)).toMatchObject({
    model: 'wbc-knn@1.0.0',
    operating_point: 'default',
    true_positive: 2,
    false_negative: 1,
    true_negative: 1,
    false_positive: 1,
  });
  // Wilson, from R: binom::binom.wilson(2, 3).
  expect(all(entries).sensitivity?.value).toBeCloseTo(2 / 3, 12);
  expect(all(entries).sensitivity?.low).toBeCloseTo(0.2076596, 6);
  expect(all(entries).sensitivity?.high).toBeCloseTo(0.9385081, 6);
  const errors = [0.01, 0.16, 0.64, 0.01, 0.49];
  const mean = errors.reduce((a, b) => a + b) / 5;
  const deviation = Math.sqrt(errors.reduce((sum, error) => sum + (error - mean) ** 2, 0) / 4);
  expect(all(entries).brier?.value).toBeCloseTo(mean, 12);
  expect(all(entries).brier?.high).toBeCloseTo(mean + (1.959963984540054 * deviation) / Math.sqrt(5), 12);
  expect(all(entries).calibration.map(({ count }) => count)).toEqual([0, 1, 1, 0, 0, 0, 1, 1, 0, 1]);
  for await (const { key } of listAll(api.store, ConfirmationKeys.tenantFolder(api.tenant)))
    expect((await api.store.get(key)).toString()).not.toMatch(/Roe-Jane|sample_id|features/);
});

test('the entry accepted last counts, and without it the one before', async () => {
  const id = await predicted({ probability: 0.9 });
  await confirm(id, 'malignant');
  const correction = await confirm(id, 'benign');
  const pass = newPass();
  await pass();
  expect(all(await figures())).toMatchObject({ confirmed: 1, true_positive: 0, false_positive: 1 });
  expect((await api.fetch(`/v1/confirmations/${correction}`, { method: 'DELETE' })).status).toBe(403);
  expect((await api.fetch(`/v1/confirmations/${correction}`, { method: 'DELETE', role: 'admin' })).status).toBe(204);
  expect((await api.fetch(`/v1/confirmations/${correction}`)).status).toBe(404);
  await pass();
  expect(all(await figures())).toMatchObject({ confirmed: 1, true_positive: 1, false_positive: 0 });
  const audit = await (await api.fetch('/v1/audit', { role: 'admin' })).text();
  expect(audit).toContain(`"action":"confirmation.delete","resource":"confirmations/${correction}","outcome":"done"`);
});

test('what cannot be confirmed says why', async () => {
  const confirmed = { confirmed_class: 'malignant', confirmed_at: '2026-11-02' };
  const failed = await predicted({ probability: 0.9, status: 'failed' });
  const expired = await predicted({ probability: 0.9, ageDays: 31 });
  const good = await predicted({ probability: 0.9 });
  const queued = await api.predict(RECORD);
  const cases: [object, number][] = [
    [{ prediction_id: createId('pred_') }, 404],
    [{ prediction_id: 'Roe-Jane 1961' }, 404],
    [{ prediction_id: expired }, 404],
    [{ prediction_id: failed }, 409],
    [{ prediction_id: queued }, 409],
    [{ batch_id: createId('batch_'), row: 1 }, 404],
    [{ prediction_id: good, confirmed_class: 'unknown' }, 422],
    [{ prediction_id: good, confirmed_at: '2026-13-02' }, 422],
    [{ prediction_id: good, row: 1 }, 422],
    [{ batch_id: good, row: 1, sample_id: 'x' }, 422],
    [{ batch_id: createId('batch_'), sample_id: ' ' }, 422],
    [{}, 422],
    [{ prediction_id: good }, 201],
  ];
  for (const [body, status] of cases)
    expect([body, (await post({ ...confirmed, ...body })).status]).toEqual([body, status]);
  expect((await api.fetch('/v1/confirmations', { method: 'POST' })).status).toBe(415);
  api.assignKeys({ tenant: `other-${randomUUID()}` });
  expect((await post({ ...confirmed, prediction_id: good })).status).toBe(404);
  expect((await (await api.fetch('/v1/confirmations')).json()) as object).toMatchObject({ data: [] });
});

test('deleting a prediction keeps its confirmation, which a repeated request returns', async () => {
  const body = { prediction_id: await predicted({ probability: 0.9 }), confirmed_class: 'malignant' };
  const send = () => post(body, { 'idempotency-key': 'once' });
  const first = await (await send()).json();
  expect((await api.fetch(`/v1/predictions/${body.prediction_id}`, { method: 'DELETE' })).status).toBe(204);
  expect(await (await send()).json()).toEqual(first);
  expect((await post(body)).status).toBe(404);
  expect((await post({ ...body, confirmed_class: 'benign' }, { 'idempotency-key': 'once' })).status).toBe(422);
  await newPass()();
  expect(all(await figures())).toMatchObject({ predicted: 1, confirmed: 1, true_positive: 1 });
});

test('a CSV reports its rows, and a repetition stores nothing twice', async () => {
  const [one, two] = [await predicted({ probability: 0.9 }), await predicted({ probability: 0.1 })];
  const csv = `prediction_id,confirmed_class,confirmed_at\n${one},malignant,2026-11-02\n${two},benign,\n${createId('pred_')},benign,2026-11-02\n${two},nothing,2026-11-02\n`;
  const send = async () => (await postCsv(csv, { 'idempotency-key': 'k' })).json();
  const report = await send();
  expect(report).toMatchObject({
    accepted: 2,
    rejected: 2,
    errors: [
      { row: 3, code: 'not-found' },
      { row: 4, code: 'invalid-request' },
    ],
  });
  expect(await send()).toEqual(report);
  const { data } = (await (await api.fetch('/v1/confirmations')).json()) as { data: { prediction_id: string }[] };
  expect(data.map(({ prediction_id }) => prediction_id)).toEqual([two, one]);
  expect((await postCsv(`sample,confirmed_class\nx,benign\n`)).status).toBe(422);
  expect((await postCsv(`prediction_id,confirmed_class\n${`${one},benign\n`.repeat(10_001)}`)).status).toBe(413);
});

test('lists page newest first, and the period is half-open by the time of acceptance', async () => {
  const ids: string[] = [];
  for (const ageDays of [3, 2, 1]) ids.push(await predicted({ probability: 0.9, ageDays }));
  const confirmations: string[] = [];
  for (const id of ids) confirmations.push(await confirm(id, 'malignant'));
  const first = (await (await api.fetch('/v1/confirmations?limit=2')).json()) as {
    data: { id: string }[];
    last_id: string;
  };
  const second = (await (await api.fetch(`/v1/confirmations?limit=2&after=${first.last_id}`)).json()) as typeof first;
  expect([...first.data, ...second.data].map(({ id }) => id)).toEqual(confirmations.toReversed());
  await newPass()();
  const accepted = async (id: string) =>
    ((await (await api.fetch(`/v1/predictions/${id}`)).json()) as { created_at: string }).created_at;
  const [from, to] = [await accepted(ids[0] as string), await accepted(ids[2] as string)];
  expect(all(await figures(`?from=${from}&to=${to}`))).toMatchObject({ predicted: 2, confirmed: 2 });
  expect(all(await figures(`?model=wbc-knn`))).toMatchObject({ predicted: 3, confirmed: 3 });
  expect(await figures(`?model=wdbc-knn`)).toEqual([]);
});

test('the summaries are exact after a crash at any call, in any order of the entries', async () => {
  const TIMES = 24;
  const ids: string[] = [];
  for (let index = 0; index < TIMES; index++)
    ids.push(await predicted({ probability: (index % 10) / 10 + 0.05, ageDays: index % 3 }));
  const truth = new Map(ids.map((id, index) => [id, index % 4 === 0 ? 'benign' : 'malignant']));
  const expected: Record<string, number> = { true_positive: 0, false_negative: 0, true_negative: 0, false_positive: 0 };
  ids.forEach((id, index) => {
    const positive = index % 10 >= 5;
    expected[
      truth.get(id) === 'malignant'
        ? positive
          ? 'true_positive'
          : 'false_negative'
        : positive
          ? 'false_positive'
          : 'true_negative'
    ]! += 1;
  });
  const order = fc.sample(fc.shuffledSubarray(ids, { minLength: TIMES }), 1)[0] as string[];
  const deleted: string[] = [];
  for (const [step, id] of order.entries()) {
    // A wrong diagnosis first; it is corrected, or deleted after the right one.
    const wrong = truth.get(id) === 'benign' ? 'malignant' : 'benign';
    if (step % 3 === 0) await confirm(id, wrong);
    await confirm(id, truth.get(id) as string);
    if (step % 5 === 0) deleted.push(await confirm(id, wrong));
    if (step % 2 === 0) await newPass(dyingStore(api.store, 1 + (step % 7), step % 4 === 0))().catch(() => undefined);
    const gone = step % 4 === 3 ? deleted.pop() : undefined;
    if (gone !== undefined) await api.fetch(`/v1/confirmations/${gone}`, { method: 'DELETE', role: 'admin' });
  }
  for (const id of deleted) await api.fetch(`/v1/confirmations/${id}`, { method: 'DELETE', role: 'admin' });
  await newPass()();
  expect(all(await figures())).toMatchObject({ ...expected, predicted: TIMES, confirmed: TIMES });
  const changes: string[] = [];
  for await (const { key } of listAll(api.store, ConfirmationKeys.changesFolder(api.tenant))) changes.push(key);
  expect(changes).toEqual([]);
  expect(await newestSummaries()).toEqual(await recomputedSummaries());
});

async function newestSummaries(): Promise<Map<string, string>> {
  const newest = new Map<string, string>();
  for await (const { key } of listAll(api.store, ConfirmationKeys.daysFolder(api.tenant)))
    newest.set(ConfirmationKeys.parseDay(api.tenant, key)?.day ?? '', (await api.store.get(key)).toString());
  return newest;
}

/** From the entries alone, in one pass, as if there had never been a summary. */
async function recomputedSummaries(): Promise<Map<string, string>> {
  await api.store.deletePrefix(ConfirmationKeys.daysFolder(api.tenant));
  for await (const { key } of listAll(api.store, ConfirmationKeys.entriesFolder(api.tenant))) {
    const { id, predicted_at } = JSON.parse((await api.store.get(key)).toString()) as {
      id: string;
      predicted_at: string;
    };
    const change = { day: predicted_at.slice(0, 10), id, kind: 'added' } as const;
    await api.store.put(ConfirmationKeys.change(api.tenant, change), Buffer.alloc(0));
  }
  await newPass()();
  return newestSummaries();
}

test('an upper bound of sensitivity below the model card is an alarm from 30 confirmed malignant cases on', async () => {
  const pass = newPass();
  const rows: string[] = [];
  for (let index = 0; index < 30; index++) rows.push(await predicted({ probability: index < 15 ? 0.9 : 0.1 }));
  const csv = (ids: string[]) => `prediction_id,confirmed_class\n${ids.map((id) => `${id},malignant\n`).join('')}`;
  await postCsv(csv(rows.slice(0, 29)));
  await pass();
  expect(await readSensitivityAlarms(api.commands)).toBe(0);
  await postCsv(csv(rows.slice(29)));
  await pass();
  expect(await readSensitivityAlarms(api.commands)).toBe(1);
  expect(api.logged.at(-1)).toMatchObject({ alarm: 'sensitivity-below-card', model: 'wbc-knn@1.0.0' });
  // An outage does not end it: the check fails and is repeated.
  const outage = { store: api.store, registry: registryInOutage(api.store), redis: api.commands, logger: {} as never };
  const summaries = await listSummaries(api.store, api.tenant);
  await expect(new SensitivityWatch(outage).check(api.tenant, summaries)).rejects.toThrow(StoreUnavailableError);
});
