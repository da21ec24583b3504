import { CsvError } from '@cytoqueue/csv';
import { QueueUnavailableError } from '@cytoqueue/queue';
import { ModelDigestError, UnknownModelError } from '@cytoqueue/registry';
import {
  InvalidKeyError,
  ObjectMismatchError,
  ObjectNotFoundError,
  StoreFullError,
  StoreUnavailableError,
} from '@cytoqueue/storage';
import { MulterError } from 'multer';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { HEADER, RECORD, ROW, RunningApi } from '../../test/running-api';
import { toProblem } from '../to-problem';
import { Problem } from './problem';

describe('the mapping of errors to problems', () => {
  test.each<[string, unknown, number, string]>([
    ['a missing object', new ObjectNotFoundError('k'), 404, 'not-found'],
    ['an id that is no valid key', new InvalidKeyError('k'), 404, 'not-found'],
    ['an unknown model', new UnknownModelError('m'), 422, 'invalid-request'],
    ['an invalid CSV file', new CsvError('empty-file', 'x'), 422, 'invalid-csv'],
    ['a full store', new StoreFullError('x'), 507, 'storage-full'],
    ['an unavailable store', new StoreUnavailableError('x'), 503, 'unavailable'],
    ['an unavailable queue', new QueueUnavailableError('x'), 503, 'unavailable'],
    ['a model that differs from the pinned one', new ModelDigestError('x'), 503, 'unavailable'],
    ['a form with a file over the size limit', new MulterError('LIMIT_FILE_SIZE'), 413, 'too-large'],
    ['a form with too many files', new MulterError('LIMIT_FILE_COUNT'), 400, 'malformed-request'],
    ['an address that is not a valid URI', new URIError('x'), 400, 'malformed-request'],
    ['a body too large for Express', Object.assign(new Error('x'), { status: 413 }), 413, 'too-large'],
    ['an unknown charset', Object.assign(new Error('x'), { status: 415 }), 415, 'unsupported-media-type'],
    ['a truncated body', Object.assign(new Error('x'), { status: 400 }), 400, 'malformed-request'],
    ['two different results of one record', new ObjectMismatchError('k'), 500, 'internal-error'],
    ['a bug', new TypeError('x'), 500, 'internal-error'],
    ['a value that is not an error', undefined, 500, 'internal-error'],
    ['a problem', new Problem('forbidden', 'x'), 403, 'forbidden'],
  ])('%s', (_, error, status, type) => {
    const problem = toProblem(error);
    expect([problem.status, problem.type]).toEqual([status, type]);
    expect(problem.headers['Retry-After'] !== undefined).toBe(status === 503);
  });

  test('an internal error does not reveal its cause', () => {
    expect(JSON.stringify(toProblem(new TypeError('secret')).body('r1'))).not.toContain('secret');
  });

  test('a long list of errors is capped, with the total', () => {
    const errors = Array.from({ length: 250 }, (_, row) => ({ row, code: 'x', detail: 'x' }));
    const body = new Problem('invalid-csv', 'x', { errors }).body('r1');
    expect([(body['errors'] as unknown[]).length, body['total_errors']]).toEqual([100, 250]);
  });
});

describe('over HTTP', () => {
  let redis: RedisProcess;
  let api: RunningApi;

  beforeAll(async () => {
    redis = await RedisProcess.start();
    api = await RunningApi.start(redis.url);
  });

  afterAll(async () => {
    await api?.stop();
    await redis?.down();
  });

  const predict = (body: string, type = 'application/json') =>
    api.fetch('/v1/predictions', { method: 'POST', headers: { 'content-type': type }, body });
  const upload = () =>
    api.fetch('/v1/batches', { method: 'POST', headers: { 'content-type': 'text/csv' }, body: HEADER + ROW });

  test.each([
    ['not JSON', '{', 'application/json', 400],
    ['JSON with 60,000 levels', '['.repeat(60_000), 'application/json', 400],
    ['of another type', '{}', 'text/plain', 415],
    ['in another charset', '{}', 'application/json; charset=klingon', 415],
    ['too large', `{"sample_id": "${'x'.repeat(70_000)}"}`, 'application/json', 413],
    ['not an object', '[]', 'application/json', 422],
    ['without features', '{}', 'application/json', 422],
    ['a prototype instead of features', '{"features": {"__proto__": {"mitoses": 1}}}', 'application/json', 422],
    ['for an invalid model name', JSON.stringify({ model: 'a..b', features: RECORD }), 'application/json', 422],
  ])('a record that is %s gets the matching client error', async (_, body, type, status) => {
    const response = await predict(body, type);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      status,
      'application/problem+json; charset=utf-8',
    ]);
    const problem = (await response.json()) as Record<string, unknown>;
    expect(problem).toMatchObject({ status, request_id: response.headers.get('x-request-id') });
  });

  test.each(['/v1/predictions/%ff', '/v1/predictions/..%2f..%2fx', '/v1/batches/a..b/results', '/nonesuch'])(
    'GET %s is a client error',
    async (path) => {
      expect([400, 404]).toContain((await api.fetch(path)).status);
    },
  );

  test('an unsupported method gets the list of supported methods', async () => {
    const response = await api.fetch('/v1/predictions', { method: 'DELETE' });
    expect([response.status, response.headers.get('allow')?.split(', ').sort()]).toEqual([
      405,
      ['GET', 'HEAD', 'POST'],
    ]);
  });

  test('operators get no records, and unknown keys get nothing', async () => {
    expect((await api.fetch('/v1/predictions', { role: 'operator' })).status).toBe(403);
    const unknown = await api.fetch('/v1/predictions', { headers: { authorization: 'Bearer cq_wrong' } });
    expect([unknown.status, unknown.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="cytoqueue"']);
  });

  test.each([
    ['wait=60', 'wait=1', 202],
    ['wait=0', 'wait=0', 202],
    ['wait=soon', null, 202],
    ['wait=-1', null, 202],
    ['respond-async', null, 202],
  ])('Prefer: %s is applied as %s', async (prefer, applied, status) => {
    const patient = await RunningApi.start(redis.url, undefined, { maxWaitSeconds: 1 });
    const headers = { 'content-type': 'application/json', prefer };
    const response = await patient.fetch('/v1/predictions', {
      method: 'POST',
      headers,
      body: JSON.stringify({ features: RECORD }),
    });
    expect([response.status, response.headers.get('preference-applied')]).toEqual([status, applied]);
    await patient.stop();
  });

  test('HEAD is GET without a body', async () => {
    const id = await api.predict(RECORD);
    for (const path of [
      '/health/live',
      '/health/ready',
      '/v1/predictions',
      `/v1/predictions/${id}`,
      '/v1/models',
      '/openapi.json',
    ]) {
      const [get, head] = await Promise.all([api.fetch(path), api.fetch(path, { method: 'HEAD' })]);
      expect([path, head.status, await head.text()]).toEqual([path, get.status, '']);
      expect(head.headers.get('content-length')).toBe(String(Buffer.byteLength(await get.text())));
    }
    expect((await api.fetch('/v1/predictions/pred_01m848f8snd7jxeg6qw100kheb', { method: 'HEAD' })).status).toBe(404);
  });

  test('without Redis nothing is accepted or left behind, existing resources are readable, and it recovers', async () => {
    const id = await api.predict(RECORD);
    const before = await api.files();
    await redis.down();
    try {
      for (const response of [
        await predict(JSON.stringify({ features: RECORD })),
        await upload(),
        await api.fetch('/health/ready'),
      ]) {
        expect([response.status, Number(response.headers.get('retry-after')) > 0]).toEqual([503, true]);
      }
      expect(await api.files()).toEqual(before);
      expect((await api.fetch('/health/live')).status).toBe(200);
      expect(await (await api.fetch(`/v1/predictions/${id}`)).json()).toMatchObject({ id, status: 'queued' });
    } finally {
      await redis.up();
    }
    await waitUntil('the API is ready again', async () => (await api.fetch('/health/ready')).status === 200);
    expect((await upload()).status).toBe(202);
  });

  test('a frozen Redis counts as unavailable', async () => {
    await waitUntil('the API is ready', async () => (await api.fetch('/health/ready')).status === 200);
    const before = await api.files();
    redis.freeze();
    try {
      const responses = await Promise.all([
        predict(JSON.stringify({ features: RECORD })),
        upload(),
        api.fetch('/health/ready'),
      ]);
      expect(responses.map(({ status }) => status)).toEqual([503, 503, 503]);
      expect(await api.files()).toEqual(before);
    } finally {
      redis.thaw();
    }
  });
});
