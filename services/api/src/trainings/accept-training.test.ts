import { gzipSync } from 'node:zlib';
import { ObjectKeys, TrainingKeys, decodeTrainingRows, readDocument, trainingShape } from '@cytoqueue/records';
import { odsOf } from '../../../../packages/tabular/test/containers';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { thyroidCsv, thyroidRows, thyroidSchema } from '../../../../test/src/support/third-schema';
import { RunningApi } from '../../test/running-api';
import {
  LABELLED_FILE,
  LABELLED_HEADER,
  LABELLED_ROWS,
  TRAININGS,
  TRAIN_LABELLED,
  trainingForm,
  TrainingRequests,
} from '../../test/training-requests';

let redis: RedisProcess;
let api: RunningApi;
let requests: TrainingRequests;

beforeAll(async () => {
  redis = await RedisProcess.start();
  api = await RunningApi.start(redis.url);
  requests = new TrainingRequests(api);
});

beforeEach(() => api.assignKeys());

afterAll(async () => {
  await api?.stop();
  await redis?.down();
});

function toJsonLines(csv: string): string {
  const [names = [], ...rows] = csv.split('\n').map((line) => line.split(','));
  return rows.map((cells) => JSON.stringify(Object.fromEntries(names.map((name, i) => [name, cells[i]])))).join('\n');
}

describe('an accepted training', () => {
  test('is stored with its labelled rows, and queued', async () => {
    const { status, json, headers } = await requests.post(
      LABELLED_FILE,
      `${TRAIN_LABELLED}&group=${LABELLED_HEADER.split(',')[0]}&seed=7`,
    );
    expect([status, json]).toMatchObject([
      202,
      {
        status: 'queued',
        completed_at: null,
        name: 'mylab',
        filename: null,
        schema: 'wbc',
        label: 'class',
        seed: 7,
        data: { rows: 120, features: 9 },
        progress: 0,
        eta_seconds: null,
        model: null,
        evaluation: null,
        error: null,
        links: { self: `${TRAININGS}/${json.id}`, events: `${TRAININGS}/${json.id}/events`, model: null },
      },
    ]);
    expect(headers.get('location')).toBe(`${TRAININGS}/${json.id}`);
    const { tenant, store } = api;
    const { complete_rows, classes } = json.data;
    expect(Object.values(classes).reduce((sum, rows) => sum + rows)).toBe(complete_rows);
    const document = await readDocument(store, TrainingKeys.document(tenant, json.id), trainingShape);
    expect(document).toMatchObject({ folds: 10, repetitions: 5, complete_rows });
    const key = TrainingKeys.rows(tenant, json.id);
    const rows = decodeTrainingRows(key, await store.get(key), complete_rows, 9);
    const [, ...first] = (LABELLED_ROWS[0] ?? '').split(',').map(Number);
    expect(Array.from(rows.samples.subarray(0, 9))).toEqual(first.slice(0, 9));
    expect((await store.get(TrainingKeys.input(tenant, json.id))).toString()).toBe(LABELLED_FILE);
    expect(await requests.storedKeys()).toEqual(
      [
        ObjectKeys.pending(tenant, json.id),
        ...['input', 'rows', 'training.json'].map((name) => TrainingKeys.folder(tenant, json.id) + name),
      ].sort(),
    );
    expect(await api.producer.trainingState(json.id)).toBe('queued');
    expect(await requests.send('GET', `${TRAININGS}/${json.id}`)).toMatchObject({ status: 200, json });
  });

  const fields: [string, string][] = [
    ['name', 'mylab'],
    ['schema', 'wbc'],
    ['label', 'class'],
    ['group', ''],
    ['seed', ''],
  ];
  const file: [string, Blob] = ['file', new Blob([LABELLED_FILE])];

  test.each([
    ['before the file', [...fields, file]],
    ['after the file', [file, ...fields]],
    ['around the file', [...fields.slice(0, 2), file, ...fields.slice(2)]],
  ])('takes form fields %s', async (_, parts) => {
    expect(await requests.send('POST', TRAININGS, trainingForm(...parts))).toMatchObject({
      status: 202,
      json: { name: 'mylab', filename: 'cases.csv', group: null, seed: 2, data: { rows: 120 } },
    });
  });

  test('takes some parameters from the address and others from the form', async () => {
    const sent = trainingForm(file, ['label', 'class']);
    expect((await requests.send('POST', `${TRAININGS}?name=mylab&schema=wbc`, sent)).status).toBe(202);
  });

  test('keeps rows of one patient together, and blank identifiers apart', async () => {
    const rows = thyroidRows().map((row, index) => ({ ...row, id: index < 4 ? '' : row.id }));
    const schema = JSON.stringify(thyroidSchema.definition);
    const sent = trainingForm(
      ['schema', schema],
      ['name', 'thyroid'],
      ['label', 'Verlauf'],
      ['group', 'Fallnummer'],
      ['file', new Blob([thyroidCsv(rows)])],
    );
    const { status, json } = await requests.send('POST', TRAININGS, sent);
    expect([status, json]).toMatchObject([
      202,
      { schema: thyroidSchema.id, data: { rows: 240, complete_rows: 240, classes: { euthyroid: 160, relapsed: 80 } } },
    ]);
    const key = TrainingKeys.rows(api.tenant, json.id);
    const { groups } = decodeTrainingRows(key, await api.store.get(key), 240, 7);
    expect(Array.from(groups.subarray(0, 8))).toEqual([0, 1, 2, 3, 4, 4, 6, 6]);
  });

  test('finds a class column of any name in a file with semicolons', async () => {
    const text = [LABELLED_HEADER.replace(/class/i, 'Befund'), ...LABELLED_ROWS.slice(0, 120)]
      .join('\n')
      .replaceAll(',', ';');
    const { status, json } = await requests.post(text, `${TRAININGS}?name=mylab&schema=wbc&label=Befund`);
    expect([status, json]).toMatchObject([202, { data: { rows: 120 } }]);
    expect((await requests.storedKeys()).filter((path) => path.includes('canonical'))).toEqual([]);
  });

  test.each([
    ['JSON Lines', 'application/jsonl', () => toJsonLines(LABELLED_FILE)],
    ['a gzip file', 'application/gzip', () => gzipSync(LABELLED_FILE)],
  ])('is read from %s', async (_, type, body) => {
    const { status, json } = await requests.send('POST', TRAIN_LABELLED, body(), { 'content-type': type });
    expect([status, json]).toMatchObject([202, { data: { rows: 120, features: 9 } }]);
    expect((await requests.storedKeys()).filter((path) => path.includes('canonical'))).toEqual([]);
  });

  test('reads the chosen sheet of a workbook with several', async () => {
    const toRow = (line: string) =>
      `<table:table-row>${line
        .split(',')
        .map((text) => `<table:table-cell office:value-type="string"><text:p>${text}</text:p></table:table-cell>`)
        .join('')}</table:table-row>`;
    const tableOf = (name: string, lines: readonly string[]) =>
      `<table:table table:name="${name}">${lines.map(toRow).join('')}</table:table>`;
    const book = await odsOf(tableOf('Cases', LABELLED_FILE.split('\n')) + tableOf('Codes', ['code,text', '2,benign']));
    const post = (path: string) =>
      requests.send('POST', path, trainingForm(['file', new Blob([new Uint8Array(book)])]));
    expect(await post(TRAIN_LABELLED)).toMatchObject({ status: 422, json: { errors: [{ code: 'several-sheets' }] } });
    expect(await post(`${TRAIN_LABELLED}&sheet=Cases`)).toMatchObject({ status: 202, json: { data: { rows: 120 } } });
  });

  test('is returned again for the same idempotency key, and refused for another content', async () => {
    const key = { 'idempotency-key': 'first' };
    const first = await requests.post(LABELLED_FILE, TRAIN_LABELLED, key);
    const before = await requests.storedKeys();
    expect(await requests.post(LABELLED_FILE, TRAIN_LABELLED, key)).toMatchObject({
      status: 202,
      json: { id: first.json.id },
    });
    const sameForm = trainingForm(['label', 'class'], ['file', new Blob([LABELLED_FILE])]);
    expect(await requests.send('POST', `${TRAININGS}?name=mylab&schema=wbc`, sameForm, key)).toMatchObject({
      json: { id: first.json.id },
    });
    for (const other of [
      await requests.post(LABELLED_FILE, `${TRAIN_LABELLED}&seed=3`, key),
      await requests.post(`${LABELLED_FILE}\n${LABELLED_ROWS[120]}`, TRAIN_LABELLED, key),
    ])
      expect(other).toMatchObject({ status: 422, json: { type: 'urn:cytoqueue:problem:idempotency-key-reused' } });
    expect(await requests.storedKeys()).toEqual(before);
  });

  test('is audited', async () => {
    const { json } = await requests.post(LABELLED_FILE);
    await requests.send('POST', `${TRAININGS}/${json.id}/cancel`);
    await requests.send('DELETE', `${TRAININGS}/${json.id}`);
    const audit = (await (await api.fetch('/v1/audit', { role: 'admin' })).json()) as {
      data: { action: string; resource: string }[];
    };
    const recorded = audit.data.filter(({ resource }) => resource === `trainings/${json.id}`);
    expect(recorded.map(({ action }) => action).sort()).toEqual([
      'training.cancel',
      'training.create',
      'training.delete',
    ]);
  });
});
