import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseModel, serializeModel } from '@cytoqueue/classifier';
import { ModelRegistry } from '@cytoqueue/registry';
import { openStore } from '@cytoqueue/storage';
import { finish, run, score } from '../support/batches';
import type { ContractClient } from '../support/contract-client';
import { BENIGN_RECORD, WISCONSIN, readCsv } from '../support/records';
import { ROOT } from '../support/stack-process';
import { runModels } from '../../../scripts/src/models/models-command.test.fixtures';
import type { SharedStack } from './shared-stack';

const shipped = join(ROOT, 'packages/registry/models/wbc-knn/1.0.0.json');

export function modelVersionCases({ stack, connect }: SharedStack): void {
  let client: ContractClient;

  beforeAll(async () => {
    client = await connect('models');
  });

  const models = (...args: string[]) => runModels(stack().dataDir, ...args);

  /** The shipped model with another threshold, so that its predictions differ. */
  function writeVersion(version: string): string {
    const { digest: _, ...file } = parseModel(readFileSync(shipped)).file;
    const path = join(stack().dataDir, `${version}.json`);
    writeFileSync(path, serializeModel({ ...file, version, operating_points: { default: 0.9, sensitivity99: 0.3 } }));
    return path;
  }

  async function versionFor(model?: string): Promise<string> {
    return (await score(client, { model, features: BENIGN_RECORD })).model.version;
  }

  test('a version is added, promoted, used, and rolled back', async () => {
    expect(await models('add', writeVersion('1.2.0'))).toMatchObject({ status: 0 });
    expect(await versionFor()).toBe('1.1.0');
    expect(await versionFor('wbc-knn@1.2.0')).toBe('1.2.0');

    const promote = (json: object) => client.post('/v1/models/wbc-knn/champion', { json });
    // With this threshold it calls malignant records benign.
    expect(await promote({ version: '1.2.0', accept_unknown: true })).toMatchObject({
      status: 409,
      json: {
        type: 'urn:cytoqueue:problem:lower-sensitivity',
        comparison: { model: 'wbc-knn@1.1.0', sensitivity: { difference: { high: expect.any(Number) } } },
      },
    });
    expect(await models('promote', 'wbc-knn', '1.2.0')).toMatchObject({
      status: 1,
      said: expect.stringContaining('finds fewer malignant records than the champion wbc-knn@1.1.0'),
    });
    expect(await versionFor()).toBe('1.1.0');
    const promoted = await promote({ version: '1.2.0', accept_lower_sensitivity: true });
    expect(promoted.json).toMatchObject({ champion: '1.2.0', versions: expect.arrayContaining(['1.0.0', '1.2.0']) });
    expect(await versionFor()).toBe('1.2.0');
    expect(await versionFor('wbc-knn@1.0.0')).toBe('1.0.0');

    const back = await client.post('/v1/models/wbc-knn/champion', { json: { rollback: true } });
    expect(back.json.history.map(({ version }: { version: string }) => version)).toEqual(['1.1.0', '1.2.0', '1.1.0']);
    expect(await versionFor('wbc-knn@champion')).toBe('1.1.0');
    expect(await models('list')).toMatchObject({
      said: expect.stringContaining('wbc-knn: 1.0.0, 1.1.0 (champion), 1.2.0'),
    });
  });

  test('a version that was not compared with the champion is promoted only if that is accepted', async () => {
    const { digest: _, ...file } = parseModel(readFileSync(shipped)).file;
    const bytes = serializeModel({ ...file, version: '1.4.0' });
    // As a release before comparisons has stored it.
    await new ModelRegistry(openStore(`file://${stack().dataDir}/objects`)).add(Buffer.from(bytes));
    expect((await client.get('/v1/models/wbc-knn/versions/1.4.0')).json.comparisons).toEqual([]);
    const promote = (json: object) => client.post('/v1/models/wbc-knn/champion', { json });
    expect(await promote({ version: '1.4.0', accept_lower_sensitivity: true })).toMatchObject({
      status: 409,
      json: { type: 'urn:cytoqueue:problem:comparison-missing' },
    });
    expect(await models('promote', 'wbc-knn', '1.4.0')).toMatchObject({ status: 1 });
    expect((await promote({ version: '1.4.0', accept_unknown: true })).json.champion).toBe('1.4.0');
    // 1.1.0 has no figures against 1.4.0 either, but a rollback needs none.
    expect((await promote({ rollback: true })).json.champion).toBe('1.1.0');
    expect(await models('compare', 'wbc-knn', '1.4.0')).toMatchObject({ status: 0 });
    expect((await client.get('/v1/models/wbc-knn/versions/1.4.0')).json.comparisons).toContainEqual(
      expect.objectContaining({ model: 'wbc-knn@1.1.0', records: 683 }),
    );
    expect(await models('promote', 'wbc-knn', '1.4.0')).toMatchObject({ status: 0 });
    expect((await promote({ rollback: true })).json.champion).toBe('1.1.0');
  });

  test('a shadow version is set, shown and deleted; what cannot be one is refused', async () => {
    const path = '/v1/models/wbc-knn/shadow';
    const put = (version: string) => client.call('put', path, { json: { version } });
    expect((await client.get(path)).status).toBe(404);
    const set = await put('1.0.0');
    expect(set).toMatchObject({ status: 200, json: { version: '1.0.0', agreed: 0, disagreed: 0 } });
    expect((await client.get(path)).json).toEqual(set.json);
    expect((await put('1.0.0')).json.since).toBe(set.json.since);
    expect((await put('1.1.0')).json.errors).toMatchObject([{ field: 'version', code: 'is-champion' }]);
    expect((await put('9.9.9')).status).toBe(422);
    expect((await client.call('put', '/v1/models/nonesuch/shadow', { json: { version: '1.0.0' } })).status).toBe(404);
    expect(await models('shadow', 'wbc-knn')).toMatchObject({ said: expect.stringContaining('0 rows agreed') });
    const { data } = (await client.get('/v1/audit')).json as { data: object[] };
    expect(data).toContainEqual(
      expect.objectContaining({ action: 'model.set-shadow', resource: 'models/wbc-knn@1.0.0', outcome: 'done' }),
    );
    expect((await client.call('delete', path)).status).toBe(204);
    expect((await client.call('delete', path)).status).toBe(404);
  });

  test('an unknown or invalid version cannot be promoted', async () => {
    expect((await client.post('/v1/models/wbc-knn/champion', { json: { version: '9.9.9' } })).status).toBe(422);
    expect((await client.post('/v1/models/nonesuch/champion', { json: { version: '1.0.0' } })).status).toBe(404);
    expect((await client.post('/v1/models/wbc-knn-euclidean/champion', { json: { rollback: true } })).status).toBe(409);
    expect(await models('promote', 'wbc-knn', '9.9.9')).toMatchObject({
      status: 1,
      said: expect.stringContaining('9.9.9'),
    });
  });

  test('a batch is rescored by another version and lists the rows whose class changes', async () => {
    expect(await models('add', writeVersion('1.3.0'))).toMatchObject({ status: 0 });
    const before = await run(client, WISCONSIN, '?model=wbc-knn@1.0.0');
    const accepted = await client.post(`/v1/batches/${before.id}/rescore?model=wbc-knn@1.3.0`);
    expect(accepted.status).toBe(202);
    const after = await finish(client, accepted.json.id);
    expect(after.input_sha256).toBe(before.batch.input_sha256);

    const old = readCsv(before.results.text);
    const now = readCsv((await client.get(`/v1/batches/${after.id}/results`)).text);
    const differing = now.filter((row, index) => row['predicted_class'] !== old[index]?.['predicted_class']);
    const changes = readCsv((await client.get(`/v1/batches/${after.id}/changes`)).text);
    expect(differing.length).toBeGreaterThan(0);
    expect(after.rescores).toMatchObject({
      batch_id: before.id,
      model: { version: '1.0.0' },
      changed_rows: differing.length,
    });
    expect(changes.map(({ row, predicted_class, previous_class }) => [row, predicted_class, previous_class])).toEqual(
      differing.map((row) => [row['row'], 'benign', 'malignant']),
    );
    expect((await client.get(`/v1/batches/${before.id}/changes`)).status).toBe(409);
  });
}
