import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, score } from '../support/batches';
import type { ContractClient } from '../support/contract-client';
import { whilePaused } from '../support/paused-workers';
import { ROOT } from '../support/stack-process';
import { thyroidCsv, thyroidRows, thyroidSchema } from '../support/third-schema';
import { finishTraining, startTraining } from '../support/trainings';
import type { SharedStack } from './shared-stack';

const FIELDS = {
  name: 'relapse',
  schema: JSON.stringify(thyroidSchema.definition),
  label: 'Verlauf',
  group: 'Fallnummer',
};
const features = Object.fromEntries(
  thyroidSchema.features.map(({ name }, index) => [name, thyroidRows()[0]?.sample[index] ?? null]),
);

/** Each test uses the versions that the tests before it have left. */
export function trainingCases({ stack, connect }: SharedStack): void {
  let client: ContractClient;
  let other: ContractClient;

  beforeAll(async () => {
    client = await connect('trainings');
    other = await connect('other-tenant');
  });

  test('a foreign table becomes a version that scores once it is promoted', async () => {
    const id = await startTraining(client, thyroidCsv(thyroidRows()), FIELDS);
    const training = await finishTraining(client, id);
    expect(training).toMatchObject({
      status: 'succeeded',
      name: 'relapse',
      schema: thyroidSchema.id,
      group: 'Fallnummer',
      data: { rows: 240, complete_rows: 240, features: 7, classes: { euthyroid: 160, relapsed: 80 } },
      model: 'own/relapse@1',
      evaluation: { folds: 10, repetitions: 5 },
      error: null,
      eta_seconds: 0,
      links: { model: '/v1/models/own/relapse/versions/1' },
    });
    const model = { model: 'own/relapse', features };
    const before = await client.post('/v1/predictions', { json: model });
    expect(before).toMatchObject({ status: 409, json: { type: 'urn:cytoqueue:problem:no-champion' } });
    await client.post('/v1/models/own/relapse/champion', { json: { version: '1' } });
    expect(await score(client, model)).toMatchObject({
      model: { name: 'own/relapse', version: '1' },
      result: { positive_class: 'relapsed' },
    });
    const { batch } = await run(client, thyroidCsv(thyroidRows(30)), '?model=own/relapse');
    expect(batch).toMatchObject({ status: 'succeeded', counts: { succeeded: 30 } });
    const card = await client.get('/v1/models/own/relapse/versions/1/card');
    expect(card.text).toContain('# Model card: own/relapse@1');
    const evaluation = await client.get('/v1/models/own/relapse/versions/1/evaluation');
    expect(evaluation.json).toMatchObject({ repetitions: 5, cv: training.evaluation.cv });
    const plot = await client.get('/v1/models/own/relapse/versions/1/plots/roc.svg');
    expect([plot.status, plot.headers.get('content-type')]).toEqual([200, 'image/svg+xml']);
  });

  test('the next version is compared with the champion on the same records', async () => {
    const id = await startTraining(client, thyroidCsv(thyroidRows(300)), { ...FIELDS, seed: '7' });
    expect(await finishTraining(client, id)).toMatchObject({ status: 'succeeded', model: 'own/relapse@2', seed: 7 });
    const { json } = await client.get('/v1/models/own/relapse/versions/2');
    expect(json.comparisons).toMatchObject([{ model: 'own/relapse@1', records_of: 'own/relapse@2', records: 300 }]);
    expect((await client.get('/v1/models/own/relapse')).json).toMatchObject({ champion: '1', versions: ['1', '2'] });
  });

  // own-model.test.ts compares the figures of all rows with those of the shipped model, which takes a minute more.
  test('a third of the Diagnostic file gives a model that is compared with the shipped one', async () => {
    const file = readFileSync(join(ROOT, 'packages/schema/data/wisconsin-diagnostic.csv'), 'utf8');
    const [header, ...rows] = file.trim().split('\n');
    const third = rows.filter((_, row) => row % 3 === 0);
    const id = await startTraining(client, `${[header, ...third].join('\n')}\n`, {
      name: 'images',
      schema: 'wdbc',
      label: 'class',
    });
    const { evaluation } = await finishTraining(client, id);
    expect(evaluation.cv.accuracy).toBeGreaterThan(0.9);
    const { json } = await client.get('/v1/models/own/images/versions/1');
    expect(json.comparisons).toMatchObject([{ model: 'wdbc-knn@1.1.0', records: third.length }]);
  });

  test('another tenant sees neither training nor version, and is refused scoring', async () => {
    const { json: list } = await client.get('/v1/trainings');
    const [{ id }] = list.data;
    expect((await other.get('/v1/trainings')).json.data).toEqual([]);
    const requests = [
      other.get(`/v1/trainings/${id}`),
      other.get(`/v1/trainings/${id}/events`),
      other.post(`/v1/trainings/${id}/cancel`),
      other.call('delete', `/v1/trainings/${id}`),
      other.get('/v1/models/own/relapse/versions/1/card'),
    ];
    for (const { status } of await Promise.all(requests)) expect(status).toBe(404);
    const refused = await other.post('/v1/predictions', { json: { model: 'own/relapse@1', features } });
    expect(refused.json.errors).toMatchObject([{ field: 'model', code: 'unknown-model' }]);
  });

  test('a canceled training adds no version; deleting a finished one keeps its version', async () => {
    const canceled = await whilePaused(stack().dataDir, async () => {
      const id = await startTraining(client, thyroidCsv(thyroidRows()), FIELDS);
      expect(await client.post(`/v1/trainings/${id}/cancel`)).toMatchObject({
        status: 202,
        json: { status: 'canceled' },
      });
      return id;
    });
    expect(await finishTraining(client, canceled)).toMatchObject({ status: 'canceled', model: null });
    const { json: list } = await client.get('/v1/trainings');
    for (const { id } of list.data) expect((await client.call('delete', `/v1/trainings/${id}`)).status).toBe(204);
    expect((await client.get('/v1/trainings')).json.data).toEqual([]);
    expect((await client.get('/v1/models/own/relapse')).json).toMatchObject({ champion: '1', versions: ['1', '2'] });
  });
}
