import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, utimesSync } from 'node:fs';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { openStore } from '@cytoqueue/storage';
import { finish, run, upload, variedFile } from '../support/batches';
import { ContractClient } from '../support/contract-client';
import { keysBelow } from '../support/invariant';
import { whilePaused } from '../support/paused-workers';
import { BENIGN_RECORD } from '../support/records';
import { ROOT, makeDataDir, startStack } from '../support/stack-process';
import { waitUntil } from '../support/wait-until';

const SETTINGS = { SHARD_ROWS: '1000', CANARY_SECONDS: '0' };
const FILE = variedFile(3_000);
const restored = makeDataDir();
const objects = join(restored, 'objects');

afterAll(() => rmSync(restored, { recursive: true }));

/** Copies as `ecs/README.md` says: the journal first, and no other folders whose names begin with a dot. */
function copyAll(source: string): void {
  mkdirSync(objects, { recursive: true });
  cpSync(join(source, '.journal'), join(objects, '.journal'), { recursive: true });
  for (const pending of [true, false, false, true]) copy(source, { pending });
}

function copy(source: string, { pending }: { pending: boolean }): void {
  const isCopied = (path: string): boolean => {
    const [first = ''] = relative(source, path).split('/');
    return first === '' || (!/(^|\/)\./.test(relative(source, path)) && (first === 'pending') === pending);
  };
  cpSync(source, objects, { recursive: true, filter: isCopied });
}

const verify = () =>
  promisify(execFile)(process.execPath, [join(ROOT, 'scripts/dist/verify/main.js')], {
    env: { ...process.env, STORAGE_URL: `file://${objects}` },
  });

test('a copy of a running installation is verified, restored with an empty Redis, finishes its work, and is drained', async () => {
  const source = await startStack(SETTINGS);
  const client = await ContractClient.connect(source.url, source.apiKey);
  const finished = await run(client, FILE);
  const [batch, record] = await whilePaused(source.dataDir, async () => {
    const accepted = await upload(client, FILE);
    const { json } = await client.post('/v1/predictions', { json: { features: BENIGN_RECORD } });
    copyAll(join(source.dataDir, 'objects'));
    return [accepted, json.id as string];
  });
  await source.stop();
  await expect(verify()).resolves.toMatchObject({ stdout: expect.stringContaining(' 0 damaged') });

  const store = openStore(`file://${objects}`);
  // Stores the journal as files.
  await store.start();
  await store.stop();
  const pending = async (): Promise<string[]> => {
    const copy = openStore(`file://${objects}`);
    const keys = await keysBelow(copy, 'pending/');
    await copy.stop();
    return keys;
  };
  // The reconciler skips younger markers.
  const then = Date.now() / 1_000 - 120;
  for (const key of await pending()) utimesSync(join(objects, key), then, then);
  const stack = await startStack({ ...SETTINGS, DATA_DIR: restored });
  try {
    const again = await ContractClient.connect(stack.url, stack.apiKey);
    await finish(again, batch as string);
    for (const id of [finished.id, batch])
      expect((await again.get(`/v1/batches/${id}/results`)).text).toBe(finished.results.text);
    await waitUntil(
      'the record is scored',
      async () => (await again.get(`/v1/predictions/${record}`)).json.status === 'succeeded',
    );
    await waitUntil('it is drained', async () => (await again.get('/v1/queue')).json.backlog_jobs === 0);
  } finally {
    expect(await stack.stop()).toBe(0);
  }
  expect(await pending()).toEqual([]);
  await expect(verify()).resolves.toMatchObject({ stdout: expect.stringContaining(' 0 damaged') });
  await store.stop();
});
