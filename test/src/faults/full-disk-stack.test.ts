import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { join } from 'node:path';
import { run } from '../support/batches';
import { ContractClient } from '../support/contract-client';
import { HEADER, rows } from '../support/csv-rows';
import { describeWith } from '../support/optional-tools';
import { BENIGN_RECORD } from '../support/records';
import { fillDisk, mountSmallDisk } from '../support/small-disk';
import { ROOT, type RunningStack, isRunning, makeDataDir, readReady, startStack } from '../support/stack-process';
import { waitUntil } from '../support/wait-until';

/*
 * The disk of DATA_DIR itself is full: objects, Redis's append-only file, logs and the stack's own files.
 */

const disk = mountSmallDisk(48);
const dataDir = join(disk?.path ?? '', 'data');
const ballast = join(disk?.path ?? '', 'ballast');
/** Memory is allotted to a tmpfs by pages. */
const PAGE_BYTES = 4_096;

const makeRoom = (): void => rmSync(ballast, { force: true });

describeWith('a mounted tmpfs', 'a stack whose disk is full', () => {
  let stack: RunningStack;
  let client: ContractClient;
  let redis: Redis;

  beforeAll(async () => {
    stack = await startStack({ DATA_DIR: dataDir });
    client = await ContractClient.connect(stack.url, stack.apiKey);
    redis = new Redis(stack.ready.redis_url);
  });

  afterEach(makeRoom);

  afterAll(async () => {
    makeRoom();
    redis?.disconnect();
    await stack?.stop();
    disk?.unmount();
  });

  const predict = (seconds = 60) =>
    client.post('/v1/predictions', { headers: { prefer: `wait=${seconds}` }, json: { features: BENIGN_RECORD } });
  const upload = () =>
    client.post('/v1/batches', { headers: { 'content-type': 'text/csv' }, body: HEADER + rows(2_000) });
  const pids = () => readReady(dataDir)?.pids ?? stack.ready.pids;

  test('refuses records and files with 507 as problem documents, keeps every process, and goes on once there is room', async () => {
    const before = stack.ready.pids;
    fillDisk(ballast);
    // Before and after Redis has met the full disk: it shares it, and may refuse writes before the store does.
    const untilRedisRefuses = () =>
      waitUntil('Redis refuses writes', () =>
        redis.set('probe', 'x').then(
          () => false,
          (error: Error) => /MISCONF/.test(error.message),
        ),
      );
    for (const send of [predict, upload, predict, upload]) {
      if (send === upload) await untilRedisRefuses();
      const refused = await send();
      expect([refused.status, refused.headers.get('content-type')]).toEqual([
        507,
        expect.stringContaining('application/problem+json'),
      ]);
      expect(refused.text).not.toMatch(/ENOSPC|\bat .*\.js|\/data\//);
    }
    expect((await client.get('/health/live')).status).toBe(200);
    expect(pids()).toEqual(before);
    expect([before.stack, before.api, ...before.workers, before.redis ?? 0].filter((pid) => !isRunning(pid))).toEqual(
      [],
    );
    makeRoom();
    // Redis checks its disk once a second.
    await waitUntil('records are accepted again', async () => (await predict()).status === 201);
    expect((await run(client, HEADER + rows(2_000))).batch.counts.succeeded).toBe(2_000);
  });

  test('restarts a worker and an API that crashed while the disk was full', async () => {
    const before = pids();
    fillDisk(ballast);
    for (const pid of [...before.workers, before.api]) process.kill(pid, 'SIGKILL');
    await waitUntil('both are gone', () => ![...before.workers, before.api].some(isRunning));
    await waitUntil(
      'the API answers again',
      async () => (await fetch(`${stack.url}/health/live`).catch(() => undefined))?.ok === true,
    );
    makeRoom();
    await waitUntil(
      'ready.json names the new processes',
      () => pids().api !== before.api && pids().workers.every((pid) => !before.workers.includes(pid)),
    );
    expect(pids().stack).toBe(before.stack);
    await waitUntil('records are answered again', async () => (await predict()).status === 201);
  });

  test('resumes its logs once space is free', async () => {
    const size = (): number => readFileSync(join(dataDir, 'logs/api.log')).length;
    fillDisk(ballast);
    await waitUntil('the last line that fits has filled its page', async () => {
      // Does not wait for a record that is still accepted: it gets its result only once there is room.
      await predict(0);
      return size() % PAGE_BYTES === 0;
    });
    makeRoom();
    const before = size();
    expect(await waitUntil('the log grows', async () => (await predict()).status === 201 && size() > before)).toBe(
      true,
    );
  });
});

test('a stack that cannot write its folder at the start reports why and what to do', async () => {
  const file = join(makeDataDir(), 'a-file');
  writeFileSync(file, '');
  const child = spawn(process.execPath, [join(ROOT, 'scripts/dist/stack/main.js')], {
    env: { ...process.env, DATA_DIR: join(file, 'data'), PORT: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [status] = (await once(child, 'close')) as [number];
  expect(status).toBe(1);
  expect(said).toContain(`${file}/data`);
  expect(said).toMatch(/^Cytoqueue: .* cannot be written \(ENOTDIR\); .*set DATA_DIR/m);
});

test('a service whose log is not read still answers requests and health checks', async () => {
  const stack = await startStack();
  try {
    const environment = {
      ...process.env,
      PORT: '0',
      HOST: '127.0.0.1',
      DATA_DIR: stack.dataDir,
      REDIS_URL: stack.ready.redis_url,
      LOG_LEVEL: 'trace',
    };
    // Its standard output is a pipe that is never read from.
    const api = spawn(process.execPath, [join(ROOT, 'services/api/dist/main.js')], {
      env: environment,
      stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
    });
    const [{ url }] = (await once(api, 'message')) as [{ url: string }];
    // Each request is a line of some 300 bytes; a pipe holds 64 KiB.
    for (let round = 0; round < 40; round++) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () =>
          fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${stack.apiKey}` } }),
        ),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      await Promise.all(answers.map((answer) => answer.arrayBuffer()));
    }
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    api.kill('SIGTERM');
    const [code] = (await once(api, 'exit')) as [number];
    expect(code).toBe(0);
    // An unread stream would keep this process alive.
    api.stdout?.destroy();
  } finally {
    await stack.stop();
  }
});
