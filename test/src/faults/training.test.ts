import { TrainingKeys } from '@cytoqueue/records';
import { FaultStack } from '../support/fault-stack';
import { keysBelow } from '../support/invariant';
import { thyroidCsv, thyroidRows, thyroidSchema } from '../support/third-schema';
import { finishTraining, startTraining } from '../support/trainings';
import { waitUntil } from '../support/wait-until';

const FOLDS = 50;
const FIELDS = { schema: JSON.stringify(thyroidSchema.definition), label: 'Verlauf', group: 'Fallnummer' };

let faults: FaultStack;

beforeAll(async () => {
  faults = await FaultStack.start(1_000);
});

afterEach(() => faults.restore());

afterAll(() => faults?.stop());

const train = (name: string) => startTraining(faults.client, thyroidCsv(thyroidRows()), { ...FIELDS, name });

test('a training whose worker is killed in a fold and at the end goes on there, with the same figures', async () => {
  const undisturbed = await finishTraining(faults.client, await train('undisturbed'));
  const [inFold, atEnd] = [faults.hold(/\/folds\/00007\./), faults.hold(/\/models\/disturbed\/1\./)];
  const id = await train('disturbed');
  const folder = TrainingKeys.foldsFolder('local', id);
  await inFold.reached();
  await faults.killWorkers();
  await inFold.reached(2);
  expect(await keysBelow(faults.store, folder)).toHaveLength(6);
  inFold.open();
  await atEnd.reached();
  await faults.killWorkers();
  await atEnd.reached(2);
  atEnd.open();
  const { evaluation, model } = await finishTraining(faults.client, id);
  expect([evaluation, model]).toEqual([undisturbed.evaluation, 'own/disturbed@1']);
  expect(await keysBelow(faults.store, folder)).toHaveLength(FOLDS);
  const { json } = await faults.client.get('/v1/models/own/disturbed');
  expect(json.versions).toEqual(['1']);
});

test('on SIGTERM a worker leaves its training to the next one', async () => {
  const hold = faults.hold(/\/folds\/00003\./);
  const id = await train('stopped');
  await hold.reached();
  const [worker] = faults.ready.pids.workers as [number];
  const next = faults.hold(/\/folds\/00004\./);
  process.kill(worker, 'SIGTERM');
  await waitUntil('it is stopping', () =>
    faults.logLines('worker-1').some(({ msg, pid }) => msg === 'stopping' && pid === worker),
  );
  hold.open();
  const [write] = await next.reached();
  expect(write?.pid).not.toBe(worker);
  next.open();
  expect(await finishTraining(faults.client, id)).toMatchObject({ status: 'succeeded' });
});

test('records and files are served before a training goes on', async () => {
  const shard = faults.hold(/\/shards\//);
  const fold = faults.hold(/\/folds\/00002\./);
  const id = await train('waiting');
  await fold.reached();
  const batches = await Promise.all([faults.upload(), faults.upload(), faults.upload(), faults.upload()]);
  await shard.reached(3);
  fold.open();
  await waitUntil(
    'the fold is stored',
    async () => (await keysBelow(faults.store, TrainingKeys.foldsFolder('local', id))).length === 2,
  );
  expect((await faults.client.get(`/v1/trainings/${id}`)).json).toMatchObject({ status: 'processing' });
  expect((await faults.score()).status).toBe('succeeded');
  expect(await keysBelow(faults.store, TrainingKeys.foldsFolder('local', id))).toHaveLength(2);
  shard.open();
  for (const batch of batches) await faults.expectComplete(batch);
  expect(await finishTraining(faults.client, id)).toMatchObject({ status: 'succeeded' });
});
