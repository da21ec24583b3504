import { strict as assert } from 'node:assert';
import { REDIS_PREFIX } from '@cytoqueue/queue';
import fc from 'fast-check';
import { finish, upload } from '../support/batches';
import { FaultStack } from '../support/fault-stack';
import { HEADER } from '../support/csv-rows';
import { readCsv } from '../support/records';
import { isRunning } from '../support/stack-process';
import { waitUntil } from '../support/wait-until';

const ROWS = 40;
const KILLS = 3;

let faults: FaultStack;

beforeAll(async () => {
  faults = await FaultStack.start(1_000);
});

afterEach(() => faults.restore());

afterAll(() => faults?.stop());

async function killApi(): Promise<void> {
  const { api } = faults.ready.pids;
  process.kill(api, 'SIGKILL');
  await waitUntil('the API is gone', () => !isRunning(api));
  // The next process counts at its start instead of when these expire.
  await faults.inRedis((redis) =>
    redis.del(...['confirmations', 'scored-days'].map((name) => `${REDIS_PREFIX}:turn:${name}`)),
  );
}

test('confirmed diagnoses sent in random order, with the API killed in between, give the exact figures', async () => {
  const row = (index: number) => `r${index},${index % 2 === 0 ? '8,9,9,8,7,10,8,8,4' : '2,1,1,1,2,1,2,1,1'}\n`;
  const id = await upload(faults.client, HEADER + Array.from({ length: ROWS }, (_, index) => row(index)).join(''));
  await finish(faults.client, id);
  const results = readCsv((await faults.client.get(`/v1/batches/${id}/results`)).text);
  const truth = results.map(({ predicted_class }, index) =>
    index % 5 === 0 ? (predicted_class === 'benign' ? 'malignant' : 'benign') : predicted_class,
  );
  const count = (predicted: string, confirmed: string) =>
    results.filter(({ predicted_class }, index) => predicted_class === predicted && truth[index] === confirmed).length;
  const send = (number: number, key: string) =>
    faults.client
      .post('/v1/confirmations', {
        json: { batch_id: id, row: number, confirmed_class: truth[number - 1], confirmed_at: '2026-11-02' },
        headers: { 'idempotency-key': key },
      })
      .catch(() => undefined);
  const numbers = Array.from({ length: ROWS }, (_, index) => index + 1);
  const order = fc.sample(fc.shuffledSubarray(numbers, { minLength: ROWS }), 1)[0] as number[];
  const cutShort: unknown[] = [];
  for (const [step, number] of order.entries()) {
    if (step % Math.floor(ROWS / KILLS) !== 5) {
      assert.equal((await send(number, `row-${number}`))?.status, 201);
      continue;
    }
    // The API dies while it stores the entry: its marker is there, the entry is not.
    const hold = faults.hold(/confirmations\/local\/entries\//);
    const sending = send(number, `row-${number}`);
    await hold.reached();
    await killApi();
    cutShort.push(await sending);
    hold.open();
    await waitUntil('it is stored when sent again', async () => (await send(number, `row-${number}`))?.status === 201);
  }
  expect(cutShort).toEqual([undefined, undefined, undefined]);
  const figures = await waitUntil('all are in the figures', async () => {
    const answer = await faults.client.get('/v1/performance').catch(() => undefined);
    const data = (answer?.json.data ?? []) as { outcome: string; confirmed: number }[];
    const all = data.find(({ outcome }) => outcome === 'all');
    return all?.confirmed === ROWS && all;
  });
  expect(figures).toMatchObject({
    true_positive: count('malignant', 'malignant'),
    false_negative: count('benign', 'malignant'),
    true_negative: count('benign', 'benign'),
    false_positive: count('malignant', 'benign'),
  });
});

test('a batch whose workers and API are killed counts once in drift and performance', async () => {
  const before = await waitUntil('earlier batches are counted', async () => {
    const batches = (await faults.client.get('/v1/batches')).json.data as { counts: { succeeded: number } }[];
    const scored = batches.reduce((sum, { counts: { succeeded } }) => sum + succeeded, 0);
    return (await counted()) === scored && scored;
  });
  const hold = faults.hold(/\/shards\/00000\./);
  const batch = await faults.upload();
  await hold.reached();
  await faults.killWorkers();
  await hold.reached(2);
  await killApi();
  hold.open();
  const { counts } = await waitUntil('the API is back', () => finish(faults.client, batch).catch(() => undefined));
  const { id, model } = await faults.score();
  // The counts of a day are written by a rename, which is held and then lost with its process.
  const counting = faults.hold(/\/scored\/local\//);
  await counting.reached();
  await killApi();
  counting.open();
  expect(
    (await waitUntil('the API is back', () => faults.client.get(`/v1/predictions/${id}`).catch(() => undefined)))
      .status,
  ).toBe(200);
  const expected = before + counts.succeeded + 1;
  await waitUntil('all are counted', async () => (await counted()) >= expected);
  expect(await counted()).toBe(expected);
  const performance = await faults.client.get(`/v1/performance?model=${model.name}`);
  const all = (performance.json.data as { outcome: string; predicted: number }[]).filter(
    ({ outcome }) => outcome === 'all',
  );
  expect(all.reduce((sum, { predicted }) => sum + predicted, 0)).toBe(expected);
});

/** Records in the drift report; 0 while the API is unreachable. */
async function counted(): Promise<number> {
  const answer = await faults.client.get('/v1/drift').catch(() => undefined);
  const data = (answer?.json.data ?? []) as { records: number }[];
  return data.reduce((sum, { records }) => sum + records, 0);
}
