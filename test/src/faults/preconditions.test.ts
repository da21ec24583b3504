import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { LimitedS3 } from '../support/limited-s3';
import { connectMoto } from '../support/moto-server';
import { describeWith } from '../support/optional-tools';
import { RedisProcess } from '../support/redis-process';
import { type Environment, ROOT, type RunningProgram, runProgram } from '../support/stack-process';
import { waitUntil } from '../support/wait-until';

const SERVICES = ['api', 'worker'] as const;
type Service = (typeof SERVICES)[number];

let folder: string;
let running: RunningProgram[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cytoqueue-preconditions-'));
  running = [];
});

afterEach(async () => {
  for (const { process: child, exited } of running) {
    child.kill('SIGKILL');
    await exited;
  }
  rmSync(folder, { recursive: true });
});

function start(service: Service, environment: Environment): RunningProgram {
  const own = {
    PORT: '0',
    WORKER_PORT: '0',
    WORKER_THREADS: '1',
    CANARY_SECONDS: '0',
    DATA_DIR: folder,
    STORAGE_URL: `file://${folder}/objects`,
  };
  const program = runProgram(process.execPath, [join(ROOT, `services/${service}/dist/main.js`)], {
    ...own,
    ...environment,
  });
  running.push(program);
  return program;
}

/** Address of a service's health endpoint, once it listens. */
async function healthOf(service: Service, { stdout }: RunningProgram): Promise<string> {
  const pattern = service === 'api' ? /"url":"[^"]+:(\d+)"/ : /"port":(\d+),"threads"/;
  const port = await waitUntil(`the ${service} listens`, () => pattern.exec(stdout())?.[1]);
  return `http://127.0.0.1:${port}/health`;
}

/** Starts both services and waits until each has exited with status 1. @returns their logs */
async function startsThatEnd(environment: Environment): Promise<string[]> {
  const programs = SERVICES.map((service) => start(service, environment));
  expect(await Promise.all(programs.map(({ exited }) => exited))).toEqual([1, 1]);
  return programs.map(({ stdout }) => stdout());
}

/** Starts both services and waits until each is alive and not ready. @returns the addresses of their health endpoints */
async function startsThatWait(environment: Environment): Promise<string[]> {
  const healths = await Promise.all(SERVICES.map((service) => healthOf(service, start(service, environment))));
  const statuses = healths.map(async (health) => [
    (await fetch(`${health}/live`)).status,
    (await fetch(`${health}/ready`)).status,
  ]);
  expect(await Promise.all(statuses)).toEqual([
    [200, 503],
    [200, 503],
  ]);
  return healths;
}

function untilReady(healths: readonly string[]): Promise<boolean[]> {
  return Promise.all(
    healths.map((health) =>
      waitUntil(`${health} is ready`, async () => (await fetch(`${health}/ready`)).status === 200),
    ),
  );
}

test.each([
  [{ 'cluster-enabled': 'yes' }, 'cluster mode', 'cluster-enabled no'],
  [{ 'maxmemory-policy': 'allkeys-lfu' }, 'maxmemory-policy is allkeys-lfu', 'maxmemory-policy noeviction'],
] as const)(
  'a Redis with %j ends the start of either service with status 1, reason and remedy, in few lines',
  async (settings, reason, remedy) => {
    const redis = await RedisProcess.start(undefined, undefined, {
      ...settings,
      'cluster-config-file': join(folder, 'nodes.conf'),
    });
    try {
      for (const logged of await startsThatEnd({ REDIS_URL: redis.url })) {
        expect(logged).toContain(reason);
        expect(logged).toContain(remedy);
        expect(logged.split('\n').length).toBeLessThan(20);
      }
    } finally {
      await redis.down();
    }
  },
);

describeWith('moto_server', 'an S3 store', () => {
  const bucket = `preconditions-${randomUUID()}`;
  let limited: LimitedS3;
  let redis: RedisProcess;
  let environment: Environment;

  beforeAll(async () => {
    const moto = await connectMoto();
    [limited, redis] = await Promise.all([LimitedS3.start(moto.url), RedisProcess.start()]);
    const credentials = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1' };
    Object.assign(process.env, credentials, { AWS_ENDPOINT_URL: moto.url });
    const client = new S3Client({ forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    client.destroy();
    environment = {
      ...credentials,
      AWS_ENDPOINT_URL: limited.url,
      REDIS_URL: redis.url,
      STORAGE_URL: `s3://${bucket}/p`,
    };
  });

  afterAll(async () => {
    await redis.down();
    await limited.stop();
  });

  test.each([
    ['unconditional', 'If-None-Match'],
    ['no checksums', 'AWS_REQUEST_CHECKSUM_CALCULATION=when_required'],
  ] as const)('that is limited (%s) ends the start of either service with status 1, naming %s', async (limit, name) => {
    limited.limit = limit;
    for (const logged of await startsThatEnd(environment)) expect(logged).toContain(name);
  });

  test('that denies writes leaves the services alive and not ready, with the reason and a metric, until writes are allowed', async () => {
    limited.limit = 'read only';
    const healths = await startsThatWait(environment);
    for (const health of healths) {
      expect(await (await fetch(`${health}/ready`)).json()).toMatchObject({
        detail: expect.stringContaining('store (access-denied)'),
      });
      const failures = async (): Promise<number> =>
        Number(
          /^cytoqueue_dependency_probes_failed_total (\d+)/m.exec(
            await (await fetch(`${health.replace('/health', '')}/metrics`)).text(),
          )?.[1],
        );
      await waitUntil('a later probe is counted', async () => (await failures()) > 0);
    }
    limited.limit = 'none';
    expect(await untilReady(healths)).toEqual([true, true]);
  });
});

test('an absent Redis leaves the services alive and not ready until it starts', async () => {
  const redis = await RedisProcess.start();
  await redis.down();
  const healths = await startsThatWait({ REDIS_URL: redis.url });
  try {
    await redis.up();
    expect(await untilReady(healths)).toEqual([true, true]);
  } finally {
    await redis.down();
  }
});
