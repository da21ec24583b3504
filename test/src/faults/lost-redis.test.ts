import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { finish, upload } from '../support/batches';
import { ContractClient } from '../support/contract-client';
import { BENIGN_RECORD, WISCONSIN, readCsv } from '../support/records';
import { type RunningStack, startStack } from '../support/stack-process';
import { waitUntil } from '../support/wait-until';

let stack: RunningStack;
let client: ContractClient;

beforeAll(async () => {
  stack = await startStack();
  client = await ContractClient.connect(stack.url, stack.apiKey);
}, 120_000);

afterAll(async () => {
  await stack?.stop();
}, 120_000);

/** As if it had been accepted two minutes ago: the reconciler leaves what is young alone. */
function age(id: string): void {
  const then = Date.now() / 1_000 - 120;
  utimesSync(join(stack.dataDir, 'objects/pending/local', id), then, then);
}

test('an emptied Redis delays what was accepted, and loses none of it', async () => {
  const [worker] = stack.ready.pids.workers as [number];
  process.kill(worker, 'SIGSTOP');
  const batch = await upload(client, WISCONSIN);
  const { json: prediction } = await client.post('/v1/predictions', { json: { features: BENIGN_RECORD } });
  const redis = new Redis(stack.ready.redis_url);
  await redis.flushall();
  await redis.quit();
  age(batch);
  age(prediction.id);
  process.kill(worker, 'SIGCONT');

  expect((await finish(client, batch)).counts).toMatchObject({ total: 699, succeeded: 699 });
  expect(readCsv((await client.get(`/v1/batches/${batch}/results`)).text)).toHaveLength(699);
  await waitUntil('the prediction is there', async () => (await client.get(`/v1/predictions/${prediction.id}`)).json.status === 'succeeded');
}, 120_000);
