import { finish, run, score, upload } from '../support/batches';
import { HEADER, rows } from '../support/csv-rows';
import { addArtifacts, addOwnModel } from '../support/own-model';
import { whilePaused } from '../support/paused-workers';
import { BENIGN_RECORD } from '../support/records';
import { canceledTraining } from '../support/canceled-training';
import type { SharedStack } from './shared-stack';

export function operationCases({ stack, connect }: SharedStack): void {
  test('every documented operation was called, and every response matched the OpenAPI document', async () => {
    const client = await connect('operations');
    const record = await score(client, { features: BENIGN_RECORD });
    const { id } = await run(client, HEADER + rows(2));
    const { json: rescored } = await client.post(`/v1/batches/${id}/rescore?model=wbc-knn-euclidean`);
    await finish(client, rescored.id);
    const { json: confirmation } = await client.post('/v1/confirmations', {
      json: { prediction_id: record.id, confirmed_class: 'benign' },
    });
    const paths = [
      '/health/live',
      '/health/ready',
      '/v1/models',
      '/v1/models/wbc-knn',
      '/v1/models/wbc-knn/versions/1.0.0',
      '/v1/predictions',
      '/v1/batches',
      `/v1/predictions/${record.id}`,
      `/v1/predictions/${record.id}/events`,
      `/v1/batches/${id}/events`,
      `/v1/batches/${rescored.id}/changes`,
      `/v1/batches/${id}/rows`,
      `/v1/batches/${id}/rows/1`,
      '/v1/worklist',
      '/v1/performance',
      '/v1/drift',
      '/v1/confirmations',
      `/v1/confirmations/${confirmation.id}`,
      '/v1/queue',
      '/v1/session',
      '/v1/audit',
      '/v1/api-keys',
      '/v1/settings',
      '/metrics',
      ...['card', 'evaluation', 'plots/roc.svg'].map((part) => `/v1/models/wbc-knn/versions/1.0.0/${part}`),
    ];
    const profile = { json: { decimal: ',' } };
    expect((await client.call('put', '/v1/import-profiles/lab', profile)).status).toBe(200);
    for (const path of ['/v1/import-profiles', '/v1/import-profiles/lab'])
      expect((await client.get(path)).status).toBe(200);
    expect((await client.call('delete', '/v1/import-profiles/lab')).status).toBe(204);
    const csv = { headers: { 'content-type': 'text/csv' }, body: HEADER + rows(2) };
    expect((await client.post('/v1/batches/preflight', csv)).status).toBe(200);
    for (const path of paths) expect([path, (await client.get(path)).status]).toEqual([path, 200]);
    const review = { json: { decision: 'benign', note: 'seen' } };
    for (const reviewed of [`/v1/predictions/${record.id}`, `/v1/batches/${id}/rows/1`]) {
      expect((await client.post(`${reviewed}/reviews`, review)).status).toBe(201);
      expect((await client.get(`${reviewed}/reviews`)).json.data).toHaveLength(1);
    }
    expect((await client.post(`/v1/batches/${id}/rows/search`, { json: { id_prefix: '1' } })).status).toBe(200);
    expect((await client.post('/v1/models/wbc-knn/champion', { json: { version: '1.1.0' } })).status).toBe(200);
    const own = '/v1/models/own/relapse-knn';
    for (let version = 1; version <= 2; version++) await addOwnModel(stack().dataDir, 'operations');
    expect((await client.post(`${own}/champion`, { json: { version: '1' } })).status).toBe(200);
    await addArtifacts(stack().dataDir, 'operations', '1');
    const artifacts = ['card', 'evaluation', 'plots/roc.svg'].map((part) => `${own}/versions/1/${part}`);
    for (const path of [own, `${own}/versions/1`, ...artifacts]) expect((await client.get(path)).status).toBe(200);
    const training = `/v1/trainings/${await canceledTraining(client, stack().dataDir)}`;
    for (const path of ['/v1/trainings', training, `${training}/events`])
      expect((await client.get(path)).status).toBe(200);
    expect((await client.call('delete', training)).status).toBe(204);
    expect((await client.call('delete', `${own}/versions/2`)).status).toBe(204);
    const shadow = '/v1/models/wbc-knn/shadow';
    expect((await client.call('put', shadow, { json: { version: '1.0.0' } })).status).toBe(200);
    expect((await client.get(shadow)).status).toBe(200);
    expect((await client.call('delete', shadow)).status).toBe(204);
    expect((await client.post('/v1/api-keys', { json: { id: 'scanner', role: 'member' } })).status).toBe(201);
    expect((await client.call('delete', '/v1/api-keys/scanner')).status).toBe(204);
    const settings = { default_model: null, operating_point: 'default' };
    expect((await client.call('put', '/v1/settings', { json: settings })).status).toBe(200);
    expect((await client.call('delete', `/v1/confirmations/${confirmation.id}`)).status).toBe(204);
    const { json: signIn } = await client.post('/v1/session/tokens');
    expect((await client.post('/v1/session', { json: { token: signIn.token } })).status).toBe(201);
    expect((await client.call('delete', '/v1/session')).status).toBe(204);
    const canceled = await whilePaused(stack().dataDir, async () => {
      const batch = await upload(client, HEADER + rows(2));
      expect((await client.post(`/v1/batches/${batch}/cancel`)).status).toBe(202);
      const waiting = await client.post('/v1/predictions', { json: { features: BENIGN_RECORD } });
      expect((await client.post(`/v1/predictions/${waiting.json.id}/cancel`)).status).toBe(200);
      return batch;
    });
    await finish(client, canceled);
    expect((await client.post(`/v1/batches/${canceled}/retry`)).status).toBe(202);
    await finish(client, canceled);
    expect((await client.call('delete', `/v1/predictions/${record.id}`)).status).toBe(204);
    expect((await client.call('delete', `/v1/batches/${id}`)).status).toBe(204);
    expect(client.unseen()).toEqual([]);
  });
}
