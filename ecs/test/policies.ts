import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectMoto } from '../../test/src/support/moto-server';
import { describeWith } from '../../test/src/support/optional-tools';
import { RedisProcess } from '../../test/src/support/redis-process';
import { ROOT, type RunningProgram, terminateProgram, runProgram } from '../../test/src/support/stack-process';
import { waitUntil } from '../../test/src/support/wait-until';
import { type PolicingProxy, startPolicingProxy } from './policing-proxy';
import { type Statement, isAllowed, synthesise, taskRoleStatements } from './templates';

const POLICY_BUCKET = 'cytoqueue-production-data-123456789012-eu-central-1';
const KEY = 'cq_policies';
/** Its SHA-256, in the format of API_KEYS. */
const KEY_SHA256 = createHash('sha256').update(KEY).digest('hex');
const HEADER = 'Clump,UnifSize,UnifShape,MargAdh,SingEpiSize,BareNuc,BlandChrom,NormNucl,Mit\n';
const LARGE_ROWS = 5_000;
/** Larger than 8 MiB, from which files are sent to S3 in parts; a long note in each row makes it so. */
const LARGE =
  `note,${HEADER}` +
  `${'n'.repeat(2_000)},5,1,1,1,2,1,3,1,1\n${'n'.repeat(2_000)},10,10,10,8,6,10,9,10,3\n`.repeat(LARGE_ROWS / 2);

describe('the task roles', () => {
  const { services } = synthesise('production');
  const api = taskRoleStatements(services, 'Api');
  const worker = taskRoleStatements(services, 'Worker');
  const may = (statements: Statement[], action: string, key: string): boolean =>
    isAllowed(statements, action, `arn:aws:s3:::${POLICY_BUCKET}/${key}`);

  test('of the API writes, reads and deletes tenants’ objects and pending markers, and reads models', () => {
    for (const key of [
      'tenants/a/batches/b/input.csv',
      'confirmations/a/entries/conf_1',
      'scored/a/2026-11-02.json',
      'pending/a/b',
    ]) {
      for (const action of ['s3:PutObject', 's3:GetObject', 's3:DeleteObject'])
        expect([action, key, may(api, action, key)]).toEqual([action, key, true]);
    }
    expect(may(api, 's3:GetObject', 'models/wbc-knn/1.0.0.json')).toBe(true);
    for (const key of ['models/wbc-knn/promotions/00002.json', 'models/mine/champion.json'])
      expect(may(api, 's3:PutObject', key)).toBe(true);
    for (const [action, key] of [
      ['s3:PutObject', 'models/wbc-knn/1.0.0.json'],
      ['s3:DeleteObject', 'models/wbc-knn/1.0.0.json'],
      ['s3:DeleteObject', 'models/wbc-knn/champion.json'],
      ['s3:DeleteObject', 'audit/a.json'],
      ['s3:PutObject', 'else'],
    ]) {
      expect([action, key, may(api, action!, key!)]).toEqual([action, key, false]);
    }
  });

  test('of the worker reads inputs, writes results, and can neither replace nor delete an input', () => {
    for (const key of [
      'tenants/a/batches/b/input.csv',
      'tenants/a/predictions/p/request.json',
      'models/wbc-knn/1.0.0.json',
    ])
      expect(may(worker, 's3:GetObject', key)).toBe(true);
    for (const key of [
      'tenants/a/batches/b/shards/00001.m.shard',
      'tenants/a/batches/b/runs/00001/results.csv',
      'tenants/a/predictions/p/result.json',
      'pending/a/runs/b.00002',
    ])
      expect(may(worker, 's3:PutObject', key)).toBe(true);
    for (const key of [
      'tenants/a/batches/b/input.csv',
      'tenants/a/batches/b/batch.json',
      'tenants/a/predictions/p/request.json',
      'models/wbc-knn/champion.json',
      'audit/a.json',
      'pending/a/b',
    ]) {
      expect([key, may(worker, 's3:PutObject', key)]).toEqual([key, false]);
    }
    for (const key of [
      'tenants/a/batches/b/input.csv',
      'tenants/a/predictions/p/request.json',
      'models/wbc-knn/1.0.0.json',
    ])
      expect(may(worker, 's3:DeleteObject', key)).toBe(false);
    for (const key of [
      'pending/a/b',
      'tenants/a/predictions/p/result.json',
      'tenants/a/batches/b/shards/00001.m.shard',
    ])
      expect(may(worker, 's3:DeleteObject', key)).toBe(true);
    expect(may(worker, 's3:PutObject', 'tenants/a/batches/b/damaged/00001.m.shard')).toBe(true);
    for (const key of [
      'audit/a.json',
      'tenants/a/reviews/batch_b/000000001/review_c',
      'tenants/a/reviews/pred_b/review_c',
    ])
      expect([key, may(worker, 's3:GetObject', key)]).toEqual([key, false]);
    for (const key of [
      'confirmations/a/entries/conf_1',
      'confirmations/a/days/2026-11-02/00001.json',
      'scored/a/2026-11-02.json',
    ])
      for (const action of ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'])
        expect([action, key, may(worker, action, key)]).toEqual([action, key, false]);
  });

  test('give only the API access to the keys that tenants create, and neither service write access to the operators’ keys file', () => {
    for (const action of ['s3:PutObject', 's3:GetObject', 's3:DeleteObject'])
      expect([action, may(api, action, 'access/tenants/lab/00001.json')]).toEqual([action, true]);
    for (const key of ['access/tenants/lab/00001.json', 'access/keys-file/00001.json', 'access/last-used/lab.json']) {
      expect([key, may(api, 's3:GetObject', key)]).toEqual([key, true]);
      for (const action of ['s3:PutObject', 's3:GetObject', 's3:DeleteObject'])
        expect([action, key, may(worker, action, key)]).toEqual([action, key, false]);
    }
    for (const action of ['s3:PutObject', 's3:DeleteObject'])
      expect([action, may(api, action, 'access/keys-file/00001.json')]).toEqual([action, false]);
  });

  test('give only the API access to tenants’ settings and import profiles', () => {
    for (const key of ['settings/lab/00001.json', 'import-profiles/lab/a.json']) {
      for (const action of ['s3:PutObject', 's3:GetObject', 's3:DeleteObject']) {
        expect([action, key, may(api, action, key)]).toEqual([action, key, true]);
        expect([action, key, may(worker, action, key)]).toEqual([action, key, false]);
      }
    }
  });

  test('let the API set shadow versions and the worker count, and not the other way round', () => {
    const allowed = (role: typeof api, key: string) =>
      ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'].map((action) => may(role, action, key));
    expect(allowed(api, 'shadow/settings/wbc-knn/00001.json')).toEqual([true, true, true]);
    expect(allowed(worker, 'shadow/settings/wbc-knn/00001.json')).toEqual([true, false, false]);
    expect(allowed(api, 'shadow/counts/a/1.1.0/00001.json')).toEqual([true, false, true]);
    expect(allowed(worker, 'shadow/counts/a/1.1.0/00001.json')).toEqual([true, true, true]);
    expect(allowed(api, 'shadow/pending/lab/batch_a')).toEqual([true, false, false]);
    expect(allowed(worker, 'shadow/pending/lab/batch_a')).toEqual([true, true, true]);
  });

  test('allow every action on probe objects, and nothing else new', () => {
    for (const role of [api, worker]) {
      for (const action of ['s3:PutObject', 's3:GetObject', 's3:DeleteObject', 's3:AbortMultipartUpload'])
        expect([action, may(role, action, 'probe/a')]).toEqual([action, true]);
      for (const key of ['probes/a', 'a', 'else/probe/a'])
        expect([key, may(role, 's3:PutObject', key), may(role, 's3:DeleteObject', key)]).toEqual([key, false, false]);
    }
  });

  test('allow metrics of one namespace and the protection of tasks', () => {
    for (const role of [api, worker]) {
      expect(isAllowed(role, 'cloudwatch:PutMetricData', '*', { 'cloudwatch:namespace': 'Cytoqueue' })).toBe(true);
      expect(isAllowed(role, 'cloudwatch:PutMetricData', '*', { 'cloudwatch:namespace': 'AWS/S3' })).toBe(false);
      expect(isAllowed(role, 'cloudwatch:PutMetricData', '*')).toBe(false);
    }
    const task = 'arn:aws:ecs:eu-central-1:123456789012:task/cytoqueue-production/0123';
    expect([
      isAllowed(worker, 'ecs:UpdateTaskProtection', task),
      isAllowed(api, 'ecs:UpdateTaskProtection', task),
    ]).toEqual([true, true]);
  });
});

describeWith('moto_server', 'a store that enforces the task roles’ policies', () => {
  /** Clean-up functions; the last one runs first, also after a failed set-up. */
  const cleanups: (() => Promise<unknown>)[] = [];
  let api: { proxy: PolicingProxy; program: RunningProgram };
  let worker: typeof api;
  let url: string;

  beforeAll(async () => {
    const [moto, redis] = await Promise.all([connectMoto(), RedisProcess.start()]);
    cleanups.push(() => redis.down());
    const bucket = `cytoqueue-${randomUUID()}`;
    await fetch(`${moto.url}/${bucket}`, { method: 'PUT' });
    const common = { STORAGE_URL: `s3://${bucket}`, REDIS_URL: redis.url, SHARD_ROWS: '2000', ...aws(moto.url) };
    // scripts/deploy.sh does this with the deployer's rights.
    await promisify(execFile)(process.execPath, [join(ROOT, 'scripts/dist/models/main.js'), 'install'], {
      env: { ...process.env, ...common },
    });
    const { services } = synthesise('production');
    const start = async (service: 'api' | 'worker', environment: Record<string, string>): Promise<typeof api> => {
      const statements = taskRoleStatements(services, service === 'api' ? 'Api' : 'Worker');
      const proxy = await startPolicingProxy(moto.url, POLICY_BUCKET, statements);
      cleanups.push(() => proxy.stop());
      const program = runProgram(process.execPath, [join(ROOT, `services/${service}/dist/main.js`)], {
        ...common,
        ...aws(proxy.url),
        ...environment,
      });
      cleanups.push(() => terminateProgram(program));
      return { proxy, program };
    };
    const keys = { tenants: [{ id: 'lab', keys: [{ id: 'k', sha256: KEY_SHA256, role: 'admin', platform: true }] }] };
    api = await start('api', { PORT: '0', API_KEYS: JSON.stringify(keys), SESSION_SECRET: 's'.repeat(32) });
    worker = await start('worker', { WORKER_PORT: '0', WORKER_THREADS: '1' });
    url = await waitUntil('the API listens', () => /"url":"([^"]+)"/.exec(api.program.stdout())?.[1]);
    await waitUntil('the API is ready', async () => (await fetch(`${url}/health/ready`)).ok);
  });

  afterAll(async () => {
    for (const cleanup of cleanups.toReversed()) await cleanup();
  });

  const call = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${url}${path}`, {
      ...init,
      headers: { Authorization: `Bearer ${KEY}`, ...(init.headers as Record<string, string>) },
    });

  const sendBatch = async (body: string, headers: Record<string, string> = {}): Promise<string> => {
    const response = await call('/v1/batches', {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'text/csv', ...headers },
    });
    expect([response.status, response.status === 202 ? '' : await response.clone().text()]).toEqual([202, '']);
    return ((await response.json()) as { id: string }).id;
  };

  const ended = (id: string): Promise<string> =>
    waitUntil(`${id} has ended`, async () => {
      const { status } = (await (await call(`/v1/batches/${id}`)).json()) as { status: string };
      return ['succeeded', 'completed_with_errors', 'failed', 'canceled'].includes(status) && status;
    });

  test('is enough for records, batches in parts, rescoring, refused uploads, promotion, the audit log and deletion', async () => {
    const record = await call('/v1/predictions', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Prefer: 'wait=60', 'Idempotency-Key': 'once' },
      body: JSON.stringify({
        features: {
          clump_thickness: 5,
          uniformity_of_cell_size: 1,
          uniformity_of_cell_shape: 1,
          marginal_adhesion: 1,
          single_epithelial_cell_size: 2,
          bare_nuclei: 1,
          bland_chromatin: 3,
          normal_nucleoli: 1,
          mitoses: 1,
        },
      }),
    });
    expect(record.status).toBe(201);
    const large = await sendBatch(LARGE, { 'Idempotency-Key': 'large' });
    expect(await ended(large)).toBe('succeeded');
    const results = await (await call(`/v1/batches/${large}/results`)).text();
    expect(results.split('\n')).toHaveLength(LARGE_ROWS + 2);

    expect(await ended(await sendBatch(`${HEADER}11,1,1,1,2,1,3,1,1\n5,1,1,1,2,1,3,1,1\n`))).toBe(
      'completed_with_errors',
    );
    // Refused after more than one part was sent: the multipart upload is aborted.
    const refused = await call('/v1/batches', {
      method: 'POST',
      body: `${LARGE}"open`,
      headers: { 'Content-Type': 'text/csv' },
    });
    expect(refused.status).toBe(422);

    const rescored = await call(`/v1/batches/${large}/rescore?model=wbc-knn-euclidean`, { method: 'POST' });
    expect(rescored.status).toBe(202);
    expect(await ended(((await rescored.json()) as { id: string }).id)).toBe('succeeded');

    const promoted = await call('/v1/models/wbc-knn/champion', {
      method: 'POST',
      body: '{"version": "1.0.0"}',
      headers: { 'Content-Type': 'application/json' },
    });
    expect(promoted.ok).toBe(true);
    expect((await call('/v1/audit')).status).toBe(200);
    for (const id of ['one', 'two'])
      expect(
        (
          await call('/v1/api-keys', {
            method: 'POST',
            body: JSON.stringify({ id, role: 'member' }),
            headers: { 'Content-Type': 'application/json' },
          })
        ).status,
      ).toBe(201);
    expect((await call('/v1/api-keys/one', { method: 'DELETE' })).status).toBe(204);
    expect((await call('/v1/api-keys')).status).toBe(200);
    expect((await call(`/v1/batches/${large}`, { method: 'DELETE' })).status).toBe(204);
    expect((await call('/health/ready')).status).toBe(200);

    for (const { proxy } of [api, worker])
      expect({ denied: proxy.denied, overwrites: proxy.overwrites }).toEqual({ denied: [], overwrites: [] });
    const kinds = (seen: PolicingProxy['seen']): string[] => [...new Set(seen.map(({ action }) => action))].sort();
    expect(kinds(api.proxy.seen)).toEqual([
      's3:AbortMultipartUpload',
      's3:DeleteObject',
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
    ]);
    // The reconciler lists objects too, when it runs.
    expect(kinds(worker.proxy.seen).filter((kind) => kind !== 's3:ListBucket')).toEqual([
      's3:AbortMultipartUpload',
      's3:DeleteObject',
      's3:GetObject',
      's3:PutObject',
    ]);
  });
});

function aws(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
}
