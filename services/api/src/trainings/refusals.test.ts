import { TrainingKeys, createId } from '@cytoqueue/records';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { RunningApi } from '../../test/running-api';
import {
  LABELLED_FILE,
  LABELLED_HEADER,
  LABELLED_ROWS,
  TRAININGS,
  TRAIN_LABELLED,
  labelledFile,
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

/** The file with the cell of a data row replaced. */
function withCell(row: number, column: number, text: string, rows = LABELLED_ROWS.slice(0, 120)): string {
  const changed = rows.map((line, index) => (index === row - 1 ? line.split(',').with(column, text).join(',') : line));
  return labelledFile(changed);
}

const CLASS = 10;
const ofClass = (token: string, count: number) =>
  LABELLED_ROWS.filter((line) => line.endsWith(`,${token}`) && !line.includes('?')).slice(0, count);
const [NEGATIVE = '', POSITIVE = ''] = [...new Set(LABELLED_ROWS.map((line) => line.split(',')[CLASS] ?? ''))].sort();

describe('a file on which no model can be trained is refused and leaves nothing:', () => {
  test.each<[name: string, file: () => string, errors: { code: string; row?: number }[]]>([
    ['an unknown class', () => withCell(3, CLASS, 'perhaps'), [{ code: 'unknown-label', row: 3 }]],
    ['a value out of range', () => withCell(5, 1, '11'), [{ code: 'out-of-range', row: 5 }]],
    ['one class', () => labelledFile(ofClass(NEGATIVE, 50)), [{ code: 'one-class' }]],
    [
      'too few rows of a class',
      () => labelledFile([...ofClass(NEGATIVE, 50), ...ofClass(POSITIVE, 5)]),
      [{ code: 'too-few-rows' }],
    ],
    [
      'a constant column',
      () => labelledFile(LABELLED_ROWS.slice(0, 120).map((line) => line.split(',').with(9, '1').join(','))),
      [{ code: 'constant-column' }],
    ],
    [
      'contradictory classes',
      () => `${LABELLED_FILE}\n${(LABELLED_ROWS[0] ?? '').split(',').with(CLASS, POSITIVE).join(',')}`,
      [{ code: 'contradictory-labels', row: 121 }],
    ],
    [
      'patients that do not fill the folds',
      () =>
        [
          LABELLED_HEADER,
          ...LABELLED_ROWS.slice(0, 120).map((line, i) =>
            line
              .split(',')
              .with(0, `p${i % 8}`)
              .join(','),
          ),
        ].join('\n'),
      [{ code: 'too-few-rows' }],
    ],
  ])('%s', async (_, file, errors) => {
    const group = LABELLED_HEADER.split(',')[0] ?? '';
    expect(await requests.post(file(), `${TRAIN_LABELLED}&group=${group}`)).toMatchObject({
      status: 422,
      json: { type: 'urn:cytoqueue:problem:invalid-training-file', errors, total_errors: errors.length },
    });
    expect(await requests.storedKeys()).toEqual([]);
  });

  test('a class column that the file does not have', async () => {
    expect(
      await requests.post(LABELLED_FILE, `${TRAININGS}?name=mylab&schema=wbc&label=Befund&group=Patient`),
    ).toMatchObject({
      status: 422,
      json: {
        errors: [
          { code: 'missing-column', column: 'Befund' },
          { code: 'missing-column', column: 'Patient' },
        ],
      },
    });
    expect(await requests.storedKeys()).toEqual([]);
  });

  test('a feature column that the file does not have', async () => {
    const text = LABELLED_FILE.split('\n')
      .map((line) => line.split(',').toSpliced(4, 1).join(','))
      .join('\n');
    expect(await requests.post(text)).toMatchObject({ status: 422, json: { errors: [{ code: 'missing-column' }] } });
    expect(await requests.storedKeys()).toEqual([]);
  });

  test('many errors, of which the first hundred are listed', async () => {
    const text = labelledFile(LABELLED_ROWS.slice(0, 300).map((line) => line.split(',').with(CLASS, 'x').join(',')));
    const { json } = await requests.post(text);
    expect(json).toMatchObject({ total_errors: 300 });
    expect(json.errors).toHaveLength(100);
  });
});

describe('a request is refused with', () => {
  test.each<[name: string, path: string, error: { field: string; code?: string }]>([
    ['no name', `${TRAININGS}?schema=wbc&label=class`, { field: 'name' }],
    ['a bad name', `${TRAININGS}?name=My_Lab&schema=wbc&label=class`, { field: 'name' }],
    ['no schema', `${TRAININGS}?name=a&label=class`, { field: 'schema' }],
    ['an unknown schema', `${TRAININGS}?name=a&schema=abc&label=class`, { field: 'schema', code: 'invalid-schema' }],
    ['a bad custom schema', `${TRAININGS}?name=a&schema=%7B%7D&label=class`, { field: 'schema.title' }],
    ['no class column', `${TRAININGS}?name=a&schema=wbc`, { field: 'label' }],
    ['one column for both', `${TRAIN_LABELLED}&group=Class`, { field: 'group', code: 'same-column' }],
    ['a bad seed', `${TRAIN_LABELLED}&seed=1.5`, { field: 'seed' }],
    ['an unknown parameter', `${TRAIN_LABELLED}&folds=3`, { field: 'folds', code: 'unknown-field' }],
  ])('%s', async (_, path, error) => {
    const { status, json } = await requests.post(LABELLED_FILE, path);
    expect([status, json.errors]).toEqual([422, expect.arrayContaining([expect.objectContaining(error)])]);
    expect(await requests.storedKeys()).toEqual([]);
  });

  test('an unknown form field before or after the file, or one that the address gives too', async () => {
    const file: [string, Blob] = ['file', new Blob([LABELLED_FILE])];
    for (const sent of [trainingForm(['folds', '3'], file), trainingForm(file, ['folds', '3'])])
      expect(await requests.send('POST', TRAIN_LABELLED, sent)).toMatchObject({
        status: 422,
        json: { errors: [{ field: 'folds', code: 'unexpected-field' }] },
      });
    expect(
      await requests.send('POST', TRAIN_LABELLED, trainingForm(file, ['seed', '3'], ['name', 'other'])),
    ).toMatchObject({
      status: 422,
      json: { errors: [{ field: 'name', code: 'given-twice' }] },
    });
    expect(await requests.storedKeys()).toEqual([]);
  });

  test('more than 64 features', async () => {
    const feature = { type: 'real', min: 0, max: 1 };
    const features = Array.from({ length: 65 }, (_, index) => ({ ...feature, name: `f${index}` }));
    const schema = JSON.stringify({ title: 'Wide', labels: ['a', 'b'], positive: 'b', features });
    const sent = trainingForm(
      ['schema', schema],
      ['name', 'a'],
      ['label', 'class'],
      ['file', new Blob([LABELLED_FILE])],
    );
    expect(await requests.send('POST', TRAININGS, sent)).toMatchObject({
      status: 422,
      json: { type: 'urn:cytoqueue:problem:training-limit', errors: [{ code: 'too-many-features' }] },
    });
  });

  test('more than 20,000 complete rows', async () => {
    const rows = Array.from({ length: 20_001 }, (_, row) => LABELLED_ROWS[row % 20] ?? '');
    expect(await requests.post(labelledFile(rows))).toMatchObject({
      status: 422,
      json: { type: 'urn:cytoqueue:problem:training-limit', errors: [{ code: 'too-many-rows' }] },
    });
    expect(await requests.storedKeys()).toEqual([]);
  });

  test('the 21st training within 24 hours', async () => {
    const put = (id: string) => api.store.put(TrainingKeys.input(api.tenant, id), Buffer.from('x'));
    await put(createId('training_', Date.now() - 25 * 3_600_000));
    for (let training = 0; training < 19; training++) await put(createId('training_'));
    expect((await requests.post(LABELLED_FILE)).status).toBe(202);
    expect(await requests.post(LABELLED_FILE)).toMatchObject({
      status: 422,
      json: { type: 'urn:cytoqueue:problem:training-limit', errors: [{ code: 'too-many-trainings' }] },
    });
  });

  test('more bytes than the storage quota has left, also for the rows', async () => {
    api.assignKeys({ limits: { stored_bytes: LABELLED_FILE.length + 100 } });
    expect((await requests.post(LABELLED_FILE)).status).toBe(413);
    expect(await requests.storedKeys()).toEqual([]);
    expect((await requests.post(`${LABELLED_HEADER}\n`)).status).toBe(422);
  });

  test('a key that is no admin', async () => {
    for (const role of ['member', 'operator'] as const) {
      const headers = { 'content-type': 'text/csv' };
      expect((await api.fetch(TRAIN_LABELLED, { method: 'POST', role, body: LABELLED_FILE, headers })).status).toBe(
        403,
      );
      expect((await api.fetch(TRAININGS, { role })).status).toBe(403);
    }
  });
});
