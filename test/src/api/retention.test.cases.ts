import { ObjectKeys, createId, decodeShardObject, encodeShardObject, sealDocument } from '@cytoqueue/records';
import { type ObjectStore, openStore } from '@cytoqueue/storage';
import { run, score } from '../support/batches';
import type { ContractClient } from '../support/contract-client';
import { HEADER, rows } from '../support/csv-rows';
import { keysBelow } from '../support/invariant';
import { BENIGN_RECORD } from '../support/records';
import type { SharedStack } from './shared-stack';

const DAY_MS = 86_400_000;
const RETENTION_DAYS = 30;

export function retentionCases({ stack, connect }: SharedStack): void {
  let client: ContractClient;
  let store: ObjectStore;

  beforeAll(async () => {
    client = await connect('retention');
    store = openStore(`file://${stack().dataDir}/objects`);
  });

  /** Copies a batch under an id with an earlier time; retention counts from the time in the id. */
  async function copyOfAge(id: string, days: number): Promise<string> {
    const copy = createId('batch_', Date.now() - days * DAY_MS);
    for (const key of await keysBelow(store, ObjectKeys.batchFolder('retention', id))) {
      await store.put(key.replace(id, copy), copyOf(key, await store.get(key), id, copy));
    }
    return copy;
  }

  /** The object as it would be stored under the other id. */
  function copyOf(key: string, bytes: Buffer, id: string, copy: string): Buffer {
    if (key.endsWith('.json')) return sealDocument(JSON.parse(bytes.toString().replaceAll(id, copy)) as object);
    if (key.endsWith('.shard')) return encodeShardObject(decodeShardObject(bytes, key), { key: key.replace(id, copy) });
    return bytes;
  }

  test('a response has the time of expiry, after which the resource returns 410', async () => {
    const record = await score(client, { features: BENIGN_RECORD });
    const { headers, json } = await client.get(`/v1/predictions/${record.id}`);
    const keptDays = (Date.parse(headers.get('sunset') as string) - Date.parse(json.created_at)) / DAY_MS;
    expect(keptDays).toBeCloseTo(RETENTION_DAYS, 3);
    const { id } = await run(client, HEADER + rows(1));
    expect((await client.get(`/v1/batches/${await copyOfAge(id, RETENTION_DAYS - 1)}`)).status).toBe(200);
    const expired = await copyOfAge(id, RETENTION_DAYS + 1);
    for (const path of ['', '/results', '/errors', '/events'])
      expect([path, (await client.get(`/v1/batches/${expired}${path}`)).status]).toEqual([path, 410]);
    expect(
      (await client.get(`/v1/predictions/${createId('pred_', Date.now() - (RETENTION_DAYS + 1) * DAY_MS)}`)).status,
    ).toBe(410);
  });

  test('after INPUT_RETENTION_DAYS a batch keeps its results, and cannot be retried or scored again', async () => {
    const { id, results } = await run(client, `${HEADER}${rows(1)}x,11,1,1,1,2,1,3,1,1\n`);
    const older = await copyOfAge(id, 2);
    expect((await client.get(`/v1/batches/${older}/results`)).text).toBe(results.text);
    expect((await client.post(`/v1/batches/${older}/retry`)).status).toBe(410);
    expect((await client.post(`/v1/batches/${older}/rescore?model=wbc-knn-euclidean`)).status).toBe(410);
  });
}
