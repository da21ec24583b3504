import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseModel, serializeModel } from '@cytoqueue/classifier';
import { ObjectKeys } from '@cytoqueue/records';
import { ModelRegistry } from '@cytoqueue/registry';
import { run } from '../support/batches';
import { readCsv, WISCONSIN } from '../support/records';
import { FaultStack } from '../support/fault-stack';
import { keysBelow } from '../support/invariant';
import { signalWorkers } from '../support/paused-workers';
import { ROOT } from '../support/stack-process';
import { waitUntil } from '../support/wait-until';

const PATH = '/v1/models/wbc-knn/shadow';
const BATCHES = 2;

let faults: FaultStack;

beforeAll(async () => {
  faults = await FaultStack.start(1_000);
  const { digest: _, ...file } = parseModel(
    readFileSync(join(ROOT, 'packages/registry/models/wbc-knn/1.0.0.json')),
  ).file;
  const candidate = serializeModel({
    ...file,
    version: '2.0.0',
    operating_points: { default: 0.9, sensitivity99: 0.3 },
  });
  await new ModelRegistry(faults.store).add(Buffer.from(candidate));
});

afterAll(() => faults?.stop());

const shadow = async () => (await faults.client.get(PATH)).json as { agreed: number; disagreed: number };

test('every row counts once although workers are killed while they score with the shadow version', async () => {
  expect((await faults.client.call('put', PATH, { json: { version: '2.0.0' } })).json).toEqual({
    version: '2.0.0',
    since: expect.any(String),
    agreed: 0,
    disagreed: 0,
  });
  // A running worker may use the setting of the last second, in which there was no shadow; a new one reads it.
  signalWorkers(faults.stack.dataDir, 'SIGKILL');
  for (let batch = 0; batch < BATCHES; batch++) {
    const { results } = await run(faults.client, WISCONSIN);
    expect(results.text).not.toContain('2.0.0');
    if (batch === 0) await waitUntil('a batch is counted', async () => (await shadow()).agreed > 0);
    signalWorkers(faults.stack.dataDir, 'SIGKILL');
  }
  const scored = readCsv((await run(faults.client, WISCONSIN, '?model=wbc-knn@2.0.0')).results.text);
  const champion = readCsv((await run(faults.client, WISCONSIN, '?model=wbc-knn@1.1.0')).results.text);
  const rows = champion.filter(({ row_status }) => row_status === 'ok').length * (BATCHES + 1);
  await waitUntil('all rows are counted', async () => {
    const { agreed, disagreed } = await shadow();
    return agreed + disagreed >= rows;
  });
  const differing = champion.filter(
    ({ predicted_class, row_status }, index) =>
      row_status === 'ok' && predicted_class !== scored[index]?.['predicted_class'],
  ).length;
  expect(differing).toBeGreaterThan(0);
  expect(await shadow()).toMatchObject({
    agreed: rows - differing * (BATCHES + 1),
    disagreed: differing * (BATCHES + 1),
  });
  expect((await faults.client.call('delete', PATH)).status).toBe(204);
  expect((await faults.client.get(PATH)).status).toBe(404);
  expect(await keysBelow(faults.store, `${ObjectKeys.shadowFolder}counts/`)).toEqual([]);
});
