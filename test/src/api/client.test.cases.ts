import { createHash } from 'node:crypto';
import { ApiError, type Batch, CytoqueueClient, type Prediction } from '@cytoqueue/client';
import { HEADER, rows } from '../support/csv-rows';
import { BENIGN_RECORD, readCsv } from '../support/records';
import type { SharedStack } from './shared-stack';

/** Tests CytoqueueClient against the real API; its unit tests cover responses of a failing server. */
export function clientCases({ stack, key }: SharedStack): void {
  let client: CytoqueueClient;

  beforeAll(() => {
    client = new CytoqueueClient({ url: stack().url, apiKey: key('client') });
  });

  async function last<T>(states: AsyncGenerator<T>): Promise<T> {
    let state: T | undefined;
    for await (const next of states) state = next;
    return state as T;
  }

  test('sends a record and follows it to its result', async () => {
    const accepted = await client.predict({ sample_id: 'slide 7', features: BENIGN_RECORD });
    const ended = await last<Prediction>(client.predictionEvents(accepted.id));
    expect(ended).toMatchObject({ status: 'succeeded', sample_id: 'slide 7', result: { predicted_class: 'benign' } });
    expect(await client.getPrediction(accepted.id)).toEqual(ended);
    expect((await client.listPredictions({ limit: 1 })).data).toEqual([ended]);
  });

  test('uploads a file, follows the batch, downloads results that match their checksum, and deletes the batch', async () => {
    const file = new Blob([HEADER + rows(20)]);
    const report = await client.preflight(file, { filename: 'lab.csv' });
    expect(report.rows).toMatchObject({ total: 20, valid: 20 });
    const sent: number[] = [];
    const { id } = await client.uploadBatch(file, {
      filename: 'lab.csv',
      onProgress: ({ sentBytes }) => sent.push(sentBytes),
    });
    expect(sent.at(-1)).toBe(file.size);
    const batch = await last<Batch>(client.batchEvents(id));
    expect(batch).toMatchObject({ status: 'succeeded', filename: 'lab.csv', counts: { total: 20, succeeded: 20 } });
    const response = await client.download(id, 'results');
    const results = Buffer.from(await response.arrayBuffer());
    expect(response.headers.get('etag')).toBe(`"${createHash('sha256').update(results).digest('hex')}"`);
    expect(readCsv(results.toString())).toHaveLength(20);
    const other = await client.rescoreBatch(id, { model: 'wbc-knn-euclidean' });
    expect((await last<Batch>(client.batchEvents(other.id))).status).toBe('succeeded');
    await client.deleteBatch(id);
    await expect(client.getBatch(id)).rejects.toMatchObject({ name: ApiError.name, status: 404 });
  });

  test('creates, lists and deletes an API key', async () => {
    const { key, ...created } = await client.createKey({ role: 'member', expires_at: '2099-01-01T00:00:00.000Z' });
    expect(key).toMatch(/^cq_/);
    expect(await client.listKeys()).toContainEqual(created);
    await client.deleteKey(created.id);
    expect((await client.listKeys()).map(({ id }) => id)).not.toContain(created.id);
    await expect(client.deleteKey(created.id)).rejects.toMatchObject({ status: 404 });
  });

  test('reads models, the queue and the audit log', async () => {
    expect((await client.listModels()).map(({ name }) => name)).toContain('wbc-knn');
    expect(await client.getModelCard('wbc-knn', '1.0.0')).toContain('wbc-knn');
    expect((await client.queue()).queues.map(({ name }) => name)).toContain('shards');
    expect((await client.audit({ limit: 1 })).data).toHaveLength(1);
  });
}
