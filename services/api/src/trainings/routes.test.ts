import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ObjectKeys,
  TrainingKeys,
  createId,
  decodeTrainingRows,
  putDocument,
  putDocumentOnce,
  readDocument,
  trainingShape,
} from '@cytoqueue/records';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { thyroidCsv, thyroidRows, thyroidSchema } from '../../../../test/src/support/third-schema';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { RunningApi } from '../../test/running-api';
import type { TrainingResponse } from './training-response';

const WBC = readFileSync(join(__dirname, '../../../../packages/schema/data/wisconsin-original.csv'), 'utf8');
const [HEADER = '', ...ROWS] = WBC.trim().split('\n');
const FILE = [HEADER, ...ROWS.slice(0, 120)].join('\n');
const PATH = '/v1/trainings';
const QUERY = `${PATH}?name=mylab&schema=wbc&label=class`;

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

interface Answer {
  status: number;
  json: TrainingResponse & {
    type: string;
    errors: { field?: string; code: string; row?: number }[];
    total_errors: number;
  };
  headers: Headers;
}

async function send(method: string, path: string, body?: FormData | string | Buffer, headers = {}): Promise<Answer> {
  const response = await api.fetch(path, { method, role: 'admin', body, headers });
  return {
    status: response.status,
    json: JSON.parse((await response.text()) || '{}') as Answer['json'],
    headers: response.headers,
  };
}
const post = (body: string | Buffer, path = QUERY, headers = {}) =>
  send('POST', path, body, { 'content-type': 'text/csv', ...headers });

function form(...parts: [name: string, value: string | Blob][]): FormData {
  const data = new FormData();
  for (const [name, value] of parts)
    if (typeof value === 'string') data.append(name, value);
    else data.append(name, value, 'cases.csv');
  return data;
}

const files = async () => (await api.files()).filter((file) => !file.startsWith('idempotency'));
const ofTenant = async () => (await files()).filter((file) => file.includes(api.tenant));

describe('an accepted training', () => {
  test('is stored with its labelled rows, and queued', async () => {
    const { status, json, headers } = await post(FILE, `${QUERY}&group=${HEADER.split(',')[0]}&seed=7`);
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
        links: { self: `${PATH}/${json.id}`, events: `${PATH}/${json.id}/events`, model: null },
      },
    ]);
    expect(headers.get('location')).toBe(`${PATH}/${json.id}`);
    const { tenant, store } = api;
    const { complete_rows, classes } = json.data;
    expect(Object.values(classes).reduce((sum, rows) => sum + rows)).toBe(complete_rows);
    const document = await readDocument(store, TrainingKeys.document(tenant, json.id), trainingShape);
    expect(document).toMatchObject({ folds: 10, repetitions: 5, complete_rows });
    const key = TrainingKeys.rows(tenant, json.id);
    const rows = decodeTrainingRows(key, await store.get(key), complete_rows, 9);
    const [, ...first] = (ROWS[0] ?? '').split(',').map(Number);
    expect(Array.from(rows.samples.subarray(0, 9))).toEqual(first.slice(0, 9));
    expect((await store.get(TrainingKeys.input(tenant, json.id))).toString()).toBe(FILE);
    expect(await ofTenant()).toEqual(
      [
        ObjectKeys.pending(tenant, json.id),
        ...['input', 'rows', 'training.json'].map((name) => TrainingKeys.folder(tenant, json.id) + name),
      ].sort(),
    );
    expect(await api.producer.trainingState(json.id)).toBe('queued');
    expect(await send('GET', `${PATH}/${json.id}`)).toMatchObject({ status: 200, json });
  });

  const fields: [string, string][] = [
    ['name', 'mylab'],
    ['schema', 'wbc'],
    ['label', 'class'],
    ['group', ''],
    ['seed', ''],
  ];
  const file: [string, Blob] = ['file', new Blob([FILE])];

  test.each([
    ['before the file', [...fields, file]],
    ['after the file', [file, ...fields]],
    ['around the file', [...fields.slice(0, 2), file, ...fields.slice(2)]],
  ])('takes form fields %s', async (_, parts) => {
    expect(await send('POST', PATH, form(...parts))).toMatchObject({
      status: 202,
      json: { name: 'mylab', filename: 'cases.csv', group: null, seed: 2, data: { rows: 120 } },
    });
  });

  test('takes some parameters from the address and others from the form', async () => {
    const sent = form(file, ['label', 'class']);
    expect((await send('POST', `${PATH}?name=mylab&schema=wbc`, sent)).status).toBe(202);
  });

  test('keeps rows of one patient together, and blank identifiers apart', async () => {
    const rows = thyroidRows().map((row, index) => ({ ...row, id: index < 4 ? '' : row.id }));
    const schema = JSON.stringify(thyroidSchema.definition);
    const sent = form(
      ['schema', schema],
      ['name', 'thyroid'],
      ['label', 'Verlauf'],
      ['group', 'Fallnummer'],
      ['file', new Blob([thyroidCsv(rows)])],
    );
    const { status, json } = await send('POST', PATH, sent);
    expect([status, json]).toMatchObject([
      202,
      { schema: thyroidSchema.id, data: { rows: 240, complete_rows: 240, classes: { euthyroid: 160, relapsed: 80 } } },
    ]);
    const key = TrainingKeys.rows(api.tenant, json.id);
    const { groups } = decodeTrainingRows(key, await api.store.get(key), 240, 7);
    expect(Array.from(groups.subarray(0, 8))).toEqual([0, 1, 2, 3, 4, 4, 6, 6]);
  });

  test('finds a class column of any name in a file with semicolons', async () => {
    const text = [HEADER.replace(/class/i, 'Befund'), ...ROWS.slice(0, 120)].join('\n').replaceAll(',', ';');
    const { status, json } = await post(text, `${PATH}?name=mylab&schema=wbc&label=Befund`);
    expect([status, json]).toMatchObject([202, { data: { rows: 120 } }]);
    expect((await ofTenant()).filter((path) => path.includes('canonical'))).toEqual([]);
  });

  test('is returned again for the same idempotency key, and refused for another content', async () => {
    const key = { 'idempotency-key': 'first' };
    const first = await post(FILE, QUERY, key);
    const before = await files();
    expect(await post(FILE, QUERY, key)).toMatchObject({ status: 202, json: { id: first.json.id } });
    const sameForm = form(['label', 'class'], ['file', new Blob([FILE])]);
    expect(await send('POST', `${PATH}?name=mylab&schema=wbc`, sameForm, key)).toMatchObject({
      json: { id: first.json.id },
    });
    for (const other of [await post(FILE, `${QUERY}&seed=3`, key), await post(`${FILE}\n${ROWS[120]}`, QUERY, key)])
      expect(other).toMatchObject({ status: 422, json: { type: 'urn:cytoqueue:problem:idempotency-key-reused' } });
    expect(await files()).toEqual(before);
  });

  test('is audited', async () => {
    const { json } = await post(FILE);
    await send('POST', `${PATH}/${json.id}/cancel`);
    await send('DELETE', `${PATH}/${json.id}`);
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

/** The file with the cell of a data row replaced. */
function withCell(row: number, column: number, text: string, rows = ROWS.slice(0, 120)): string {
  const changed = rows.map((line, index) => (index === row - 1 ? line.split(',').with(column, text).join(',') : line));
  return [HEADER, ...changed].join('\n');
}

const CLASS = 10;
const ofClass = (token: string, count: number) =>
  ROWS.filter((line) => line.endsWith(`,${token}`) && !line.includes('?')).slice(0, count);
const [NEGATIVE = '', POSITIVE = ''] = [...new Set(ROWS.map((line) => line.split(',')[CLASS] ?? ''))].sort();

describe('a file on which no model can be trained is refused and leaves nothing:', () => {
  test.each<[name: string, file: () => string, errors: { code: string; row?: number }[]]>([
    ['an unknown class', () => withCell(3, CLASS, 'perhaps'), [{ code: 'unknown-label', row: 3 }]],
    ['a value out of range', () => withCell(5, 1, '11'), [{ code: 'out-of-range', row: 5 }]],
    ['one class', () => [HEADER, ...ofClass(NEGATIVE, 50)].join('\n'), [{ code: 'one-class' }]],
    [
      'too few rows of a class',
      () => [HEADER, ...ofClass(NEGATIVE, 50), ...ofClass(POSITIVE, 5)].join('\n'),
      [{ code: 'too-few-rows' }],
    ],
    [
      'a constant column',
      () => [HEADER, ...ROWS.slice(0, 120).map((line) => line.split(',').with(9, '1').join(','))].join('\n'),
      [{ code: 'constant-column' }],
    ],
    [
      'contradictory classes',
      () => `${FILE}\n${(ROWS[0] ?? '').split(',').with(CLASS, POSITIVE).join(',')}`,
      [{ code: 'contradictory-labels', row: 121 }],
    ],
    [
      'patients that do not fill the folds',
      () =>
        [
          HEADER,
          ...ROWS.slice(0, 120).map((line, i) =>
            line
              .split(',')
              .with(0, `p${i % 8}`)
              .join(','),
          ),
        ].join('\n'),
      [{ code: 'too-few-rows' }],
    ],
  ])('%s', async (_, file, errors) => {
    const group = HEADER.split(',')[0] ?? '';
    expect(await post(file(), `${QUERY}&group=${group}`)).toMatchObject({
      status: 422,
      json: { type: 'urn:cytoqueue:problem:invalid-training-file', errors, total_errors: errors.length },
    });
    expect(await ofTenant()).toEqual([]);
  });

  test('a class column that the file does not have', async () => {
    expect(await post(FILE, `${PATH}?name=mylab&schema=wbc&label=Befund&group=Patient`)).toMatchObject({
      status: 422,
      json: {
        errors: [
          { code: 'missing-column', column: 'Befund' },
          { code: 'missing-column', column: 'Patient' },
        ],
      },
    });
    expect(await ofTenant()).toEqual([]);
  });

  test('a feature column that the file does not have', async () => {
    const text = FILE.split('\n')
      .map((line) => line.split(',').toSpliced(4, 1).join(','))
      .join('\n');
    expect(await post(text)).toMatchObject({ status: 422, json: { errors: [{ code: 'missing-column' }] } });
    expect(await ofTenant()).toEqual([]);
  });

  test('many errors, of which the first hundred are listed', async () => {
    const text = [HEADER, ...ROWS.slice(0, 300).map((line) => line.split(',').with(CLASS, 'x').join(','))].join('\n');
    const { json } = await post(text);
    expect(json).toMatchObject({ total_errors: 300 });
    expect(json.errors).toHaveLength(100);
  });
});

describe('a request is refused with', () => {
  test.each<[name: string, path: string, error: { field: string; code?: string }]>([
    ['no name', `${PATH}?schema=wbc&label=class`, { field: 'name' }],
    ['a bad name', `${PATH}?name=My_Lab&schema=wbc&label=class`, { field: 'name' }],
    ['no schema', `${PATH}?name=a&label=class`, { field: 'schema' }],
    ['an unknown schema', `${PATH}?name=a&schema=abc&label=class`, { field: 'schema', code: 'invalid-schema' }],
    ['a bad custom schema', `${PATH}?name=a&schema=%7B%7D&label=class`, { field: 'schema.title' }],
    ['no class column', `${PATH}?name=a&schema=wbc`, { field: 'label' }],
    ['one column for both', `${QUERY}&group=Class`, { field: 'group', code: 'same-column' }],
    ['a bad seed', `${QUERY}&seed=1.5`, { field: 'seed' }],
    ['an unknown parameter', `${QUERY}&folds=3`, { field: 'folds', code: 'unknown-field' }],
  ])('%s', async (_, path, error) => {
    const { status, json } = await post(FILE, path);
    expect([status, json.errors]).toEqual([422, expect.arrayContaining([expect.objectContaining(error)])]);
    expect(await ofTenant()).toEqual([]);
  });

  test('an unknown form field before or after the file, or one that the address gives too', async () => {
    const file: [string, Blob] = ['file', new Blob([FILE])];
    for (const sent of [form(['folds', '3'], file), form(file, ['folds', '3'])])
      expect(await send('POST', QUERY, sent)).toMatchObject({
        status: 422,
        json: { errors: [{ field: 'folds', code: 'unexpected-field' }] },
      });
    expect(await send('POST', QUERY, form(file, ['seed', '3'], ['name', 'other']))).toMatchObject({
      status: 422,
      json: { errors: [{ field: 'name', code: 'given-twice' }] },
    });
    expect(await ofTenant()).toEqual([]);
  });

  test('more than 64 features', async () => {
    const feature = { type: 'real', min: 0, max: 1 };
    const features = Array.from({ length: 65 }, (_, index) => ({ ...feature, name: `f${index}` }));
    const schema = JSON.stringify({ title: 'Wide', labels: ['a', 'b'], positive: 'b', features });
    const sent = form(['schema', schema], ['name', 'a'], ['label', 'class'], ['file', new Blob([FILE])]);
    expect(await send('POST', PATH, sent)).toMatchObject({
      status: 422,
      json: { type: 'urn:cytoqueue:problem:training-limit', errors: [{ code: 'too-many-features' }] },
    });
  });

  test('more than 20,000 complete rows', async () => {
    const rows = Array.from({ length: 20_001 }, (_, row) => ROWS[row % 20]);
    expect(await post([HEADER, ...rows].join('\n'))).toMatchObject({
      status: 422,
      json: { type: 'urn:cytoqueue:problem:training-limit', errors: [{ code: 'too-many-rows' }] },
    });
    expect(await ofTenant()).toEqual([]);
  });

  test('the 21st training within 24 hours', async () => {
    const put = (id: string) => api.store.put(TrainingKeys.input(api.tenant, id), Buffer.from('x'));
    await put(createId('training_', Date.now() - 25 * 3_600_000));
    for (let training = 0; training < 19; training++) await put(createId('training_'));
    expect((await post(FILE)).status).toBe(202);
    expect(await post(FILE)).toMatchObject({
      status: 422,
      json: { type: 'urn:cytoqueue:problem:training-limit', errors: [{ code: 'too-many-trainings' }] },
    });
  });

  test('more bytes than the storage quota has left, also for the rows', async () => {
    api.assignKeys({ limits: { stored_bytes: FILE.length + 100 } });
    expect((await post(FILE)).status).toBe(413);
    expect(await ofTenant()).toEqual([]);
    expect((await post(`${HEADER}\n`)).status).toBe(422);
  });

  test('a key that is no admin', async () => {
    for (const role of ['member', 'operator'] as const) {
      const headers = { 'content-type': 'text/csv' };
      expect((await api.fetch(QUERY, { method: 'POST', role, body: FILE, headers })).status).toBe(403);
      expect((await api.fetch(PATH, { role })).status).toBe(403);
    }
  });
});

describe('the state of a training', () => {
  const fold = (id: string, number: number) =>
    putDocument(api.store, TrainingKeys.fold(api.tenant, id, number), { probabilities: [], confident: [] });
  const finish = async (id: string, result: object) => {
    await putDocumentOnce(api.store, TrainingKeys.result(api.tenant, id), {
      completed_at: new Date().toISOString(),
      ...result,
    });
    await api.store.delete(ObjectKeys.pending(api.tenant, id));
  };
  const evaluation = {
    folds: 10,
    repetitions: 5,
    coverage: 0.9,
    cv: { accuracy: 0.9 },
    cv_intervals: { accuracy: [0.8, 1] },
  };
  const succeeded = { status: 'succeeded', model: { name: 'own/mylab', version: '3', digest: 'sha256:0' }, evaluation };

  test('counts folds, and is final with the model and its evaluation', async () => {
    const { id } = (await post(FILE)).json;
    await fold(id, 1);
    expect((await send('GET', `${PATH}/${id}`)).json).toMatchObject({
      status: 'processing',
      progress: 0.95 / 50,
      eta_seconds: expect.any(Number) as number,
    });
    await fold(id, 2);
    expect((await send('GET', `${PATH}/${id}`)).json).toMatchObject({ progress: (0.95 * 2) / 50 });
    await finish(id, succeeded);
    expect((await send('GET', `${PATH}/${id}`)).json).toMatchObject({
      status: 'succeeded',
      progress: 1,
      eta_seconds: null,
      completed_at: expect.any(String) as string,
      model: 'own/mylab@3',
      evaluation,
      links: { model: '/v1/models/own/mylab/versions/3' },
    });
  });

  test('is streamed until it is final', async () => {
    const { id } = (await post(FILE)).json;
    const response = await api.fetch(`${PATH}/${id}/events`, { role: 'admin' });
    await send('POST', `${PATH}/${id}/cancel`);
    const events = (await response.text()).split('\n\n').filter((event) => event.includes('data: '));
    expect(events.map((event) => /^id: (.*)$/m.exec(event)?.[1])).toEqual(['queued-0', 'canceled-1']);
    const again = await api.fetch(`${PATH}/${id}/events`, {
      role: 'admin',
      headers: { 'last-event-id': 'canceled-1' },
    });
    expect(again.status).toBe(204);
  });

  test('is canceled once, and not after another end', async () => {
    const { id } = (await post(FILE)).json;
    for (let time = 0; time < 2; time++)
      expect(await send('POST', `${PATH}/${id}/cancel`)).toMatchObject({ status: 202, json: { status: 'canceled' } });
    expect(await api.store.head(ObjectKeys.pending(api.tenant, id))).toBeUndefined();
    const other = (await post(FILE)).json.id;
    await finish(other, succeeded);
    expect((await send('POST', `${PATH}/${other}/cancel`)).status).toBe(409);
  });

  test('is deleted when it is final, and its quota is released', async () => {
    api.assignKeys({ limits: { stored_bytes: 3 * FILE.length + 10_000 } });
    const { id } = (await post(FILE)).json;
    expect(await send('DELETE', `${PATH}/${id}`)).toMatchObject({ status: 409 });
    expect((await post(FILE)).status).toBe(413);
    await finish(id, { status: 'failed', error: { code: 'separable', detail: 'x' } });
    expect((await send('GET', `${PATH}/${id}`)).json).toMatchObject({ error: { code: 'separable', detail: 'x' } });
    expect((await send('DELETE', `${PATH}/${id}`)).status).toBe(204);
    await waitUntil('nothing of it is left', async () => (await ofTenant()).length === 0);
    expect((await send('GET', `${PATH}/${id}`)).status).toBe(404);
    expect((await post(FILE)).status).toBe(202);
  });

  test('is listed newest first, without requests that were not accepted', async () => {
    const ids: string[] = [];
    for (let training = 0; training < 3; training++) ids.unshift((await post(FILE)).json.id);
    await api.store.put(TrainingKeys.input(api.tenant, createId('training_')), Buffer.from('x'));
    const { json } = await send('GET', `${PATH}?limit=2`);
    const page = json as unknown as { data: { id: string }[]; has_more: boolean; last_id: string };
    expect([page.data.map(({ id }) => id), page.has_more]).toEqual([ids.slice(0, 2), true]);
    const next = (await send('GET', `${PATH}?limit=2&after=${page.last_id}`)).json as unknown as typeof page;
    expect([next.data.map(({ id }) => id), next.has_more]).toEqual([ids.slice(2), false]);
  });

  test('is failed when its document is damaged, and can be deleted then', async () => {
    const { id } = (await post(FILE)).json;
    await api.store.put(TrainingKeys.document(api.tenant, id), Buffer.from('{"id":'));
    const damaged = { status: 'failed', error: { code: 'object-damaged' } };
    expect((await send('GET', `${PATH}/${id}`)).json).toMatchObject(damaged);
    expect((await send('GET', PATH)).json).toMatchObject({ data: [damaged] });
    expect((await send('DELETE', `${PATH}/${id}`)).status).toBe(204);
  });

  test('is not found by another tenant', async () => {
    const owner = api.tenant;
    const { id } = (await post(FILE)).json;
    api.assignKeys();
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/events'],
      ['POST', '/cancel'],
      ['DELETE', ''],
    ] as const)
      expect((await send(method, `${PATH}/${id}${path}`)).status).toBe(404);
    expect((await send('GET', PATH)).json).toMatchObject({ data: [] });
    expect(await api.store.head(TrainingKeys.document(owner, id))).toBeDefined();
  });
});
