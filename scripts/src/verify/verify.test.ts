import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  ObjectKeys,
  createId,
  indexResources,
  manifestShape,
  readDocument,
  repairStatusIndex,
  sealDocument,
} from '@cytoqueue/records';
import { ModelRegistry } from '@cytoqueue/registry';
import { type ObjectStore, openStore, listAll } from '@cytoqueue/storage';
import {
  DAMAGES,
  type Installation,
  TENANT,
  edit,
  last,
  ownModelKey,
  truncate,
  withoutFormat,
} from './damages.test.fixtures';
import type { Finding } from './finding';
import { verifyStore } from './verify-store';
import { finish, run } from '../../../test/src/support/batches';
import { ContractClient } from '../../../test/src/support/contract-client';
import { HEADER } from '../../../test/src/support/csv-rows';
import { connectMoto } from '../../../test/src/support/moto-server';
import { describeWith } from '../../../test/src/support/optional-tools';
import { BENIGN_RECORD } from '../../../test/src/support/records';
import { readResults } from '../../../test/src/support/result-file';
import { thyroidModel } from '../../../test/src/support/third-schema';
import { StackFixture } from '../../../test/src/support/stack-fixture';
import { waitUntil } from '../../../test/src/support/wait-until';
import { ROOT } from '../../../test/src/support/stack-process';

/** One row contains a quoted line end. */
const FILE =
  `note,${HEADER}` + '"two\nlines",7,5,1,1,1,2,1,3,1,1\nplain,8,11,1,1,1,2,1,3,1,1\nplain,9,10,10,10,8,6,10,9,10,3\n';
/** Retention of this test's inputs. */
const RETENTION_DAYS = 30;

interface Outcome {
  status: number;
  findings: { key: string; kind: string; detail: string; remedy: string }[];
  summary: { objects: number; damaged: number };
  stderr: string;
}

/** One damage of each way to find it: by reading a document, by streaming a file, by asking for an object, by listing. */
const FEW = DAMAGES.filter(([name]) =>
  ['a truncated description', 'a flipped shard', 'a missing input', 'a missing manifest'].includes(name),
);

function suite(settings: () => Promise<Record<string, string>>, { isWhole }: { isWhole: boolean }): void {
  let fixture: StackFixture;
  let store: ObjectStore;
  let environment: Record<string, string>;
  let made: Installation;

  beforeAll(async () => {
    fixture = new StackFixture();
    environment = await settings();
    const stack = await fixture.start({ CANARY_SECONDS: '0', ...environment });
    environment = { ...environment, STORAGE_URL: environment['STORAGE_URL'] ?? `file://${fixture.dataDir}/objects` };
    made = await fill(await ContractClient.connect(stack.url, stack.apiKey));
    Object.assign(process.env, environment);
    store = openStore(environment['STORAGE_URL'] as string);
    await store.start();
    await addOwnModel(store);
    if (!store.presigns) await storeAsOneObject(store, made.converted);
    for await (const { key } of listAll(store, ObjectKeys.idempotencyFolder(TENANT)))
      if ((await store.get(key)).includes(made.batch)) made.claim = key;
    await stack.stop(); // No reconciler or sweeper runs, which could repair or delete damaged objects.
  });

  afterAll(async () => {
    await store?.stop();
    await fixture.end();
  });

  async function fill(client: ContractClient): Promise<Installation> {
    const uploaded = await client.post('/v1/batches', {
      headers: { 'content-type': 'text/csv', 'idempotency-key': 'once' },
      body: FILE,
    });
    const batch = uploaded.json.id as string;
    await finish(client, batch);
    const rescored = (await client.post(`/v1/batches/${batch}/rescore?operating_point=sensitivity99`)).json
      .id as string;
    await finish(client, rescored);
    const { id: converted } = await run(client, Buffer.from(`\ufeff${FILE}`, 'utf16le'));
    await client.call('put', '/v1/import-profiles/lab', { json: { decimal: ',' } });
    const deleted = await run(client, FILE);
    await client.call('delete', `/v1/batches/${deleted.id}`);
    const prediction = (
      await client.post('/v1/predictions', {
        json: { features: BENIGN_RECORD },
        headers: { prefer: 'wait=60', 'idempotency-key': 'record' },
      })
    ).json.id as string;
    expect((await client.post('/v1/api-keys', { json: { role: 'member' } })).status).toBe(201);
    const { json: confirmation } = await client.post('/v1/confirmations', {
      json: { prediction_id: prediction, confirmed_class: 'benign' },
    });
    await waitUntil('it is in the figures', async () => {
      const { data } = (await client.get('/v1/performance')).json as { data: { confirmed: number }[] };
      return data.some(({ confirmed }) => confirmed > 0);
    });
    const day = (confirmation.predicted_at as string).slice(0, 10);
    await waitUntil('it is counted', async () => ((await client.get('/v1/drift')).json.data as object[]).length > 0);
    const shard = ObjectKeys.shard(TENANT, batch, 0, 'wbc-knn@1.1.0');
    const [parts, results] = [
      ObjectKeys.runResultParts(TENANT, batch, 1),
      ObjectKeys.runResults(TENANT, converted as string, 1),
    ];
    const confirmed = confirmation.id as string;
    return { batch, rescored, converted, parts, results, prediction, claim: '', shard, confirmation: confirmed, day };
  }

  async function verify(...args: string[]): Promise<Outcome> {
    const env = { ...process.env, ...environment };
    const { stdout, stderr, code } = await promisify(execFile)(
      process.execPath,
      [join(ROOT, 'scripts/dist/verify/main.js'), '--json', ...args],
      { env },
    ).then(
      (done) => ({ ...done, code: 0 }),
      (error: { stdout: string; stderr: string; code: number }) => error,
    );
    const lines = stdout
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as never);
    return { status: code, findings: lines.slice(0, -1), summary: lines.at(-1) as never, stderr };
  }

  /** Runs in this process: starting Node.js for each case would take longer than the check. */
  async function findingsOf(tenant?: string): Promise<Finding[]> {
    const findings: Finding[] = [];
    await verifyStore(store, {
      tenant,
      inputRetentionDays: RETENTION_DAYS,
      retentionDays: RETENTION_DAYS,
      onFinding: (finding) => findings.push(finding),
    });
    return findings;
  }

  test('a clean installation has nothing damaged', async () => {
    const { status, findings, summary, stderr } = await verify();
    expect([status, findings, summary.damaged]).toEqual([0, [], 0]);
    expect(stderr).toContain(`Checking ${environment['STORAGE_URL']}\n`);
    expect(summary.objects).toBeGreaterThan(15);
  });

  test('a shard object of format 1 is clean', async () => {
    const bytes = await store.get(made.shard);
    await store.put(made.shard, withoutFormat(bytes) as Buffer);
    const findings = await findingsOf(TENANT);
    await store.put(made.shard, bytes);
    expect(findings).toEqual([]);
  });

  test.each(isWhole ? DAMAGES : FEW)('%s is found and named with a remedy', async (_, kind, keyOf, change) => {
    const key = keyOf(made);
    const before = (await store.head(key)) === undefined ? undefined : await store.get(key);
    const after = change(before ?? Buffer.alloc(0));
    if (after === undefined) await store.delete(key);
    else await store.put(key, after);
    const isShared = [ObjectKeys.modelsFolder, ObjectKeys.shadowFolder].some((folder) => key.startsWith(folder));
    const findings = await findingsOf(isShared ? undefined : TENANT);
    if (before === undefined) await store.delete(key);
    else await store.put(key, before);
    expect(findings).toContainEqual({
      key: expect.any(String),
      kind,
      detail: expect.stringMatching(/./),
      remedy: expect.stringMatching(/\.$/),
    });
    expect(JSON.stringify(findings)).toContain(key);
  });

  test('a result file that states other rows as scored than its manifest and shards count is found', async () => {
    const [manifestKey, resultsKey] = [ObjectKeys.runManifest(TENANT, made.converted, 1), made.results];
    const [manifest, results] = await Promise.all([store.get(manifestKey), store.get(resultsKey)]);
    const changed = Buffer.from(results.toString().replace(',rejected,', ',ok,'));
    const digest = { bytes: changed.length, sha256: createHash('sha256').update(changed).digest('hex') };
    await store.put(resultsKey, changed);
    await store.put(manifestKey, edit((document) => ({ ...document, results: digest }))(manifest) as Buffer);
    const findings = await findingsOf();
    await store.put(resultsKey, results);
    await store.put(manifestKey, manifest);
    expect(findings.map(({ key, kind, detail }) => [key, kind, detail.replace(/^\S+ /, '')])).toEqual([
      [manifestKey, 'wrong-counts', 'counts 2 rows that are ok, its results have 3'],
      [manifestKey, 'wrong-counts', 'counts 1 rows that are rejected, its results have 0'],
    ]);
  });

  test('--tenant checks no other tenant', async () => {
    const ownModel = ownModelKey(ObjectKeys.model('mylab', '1'));
    const keys = [made.shard, ownModel];
    const before = await Promise.all(keys.map(async (key) => ({ key, bytes: await store.get(key) })));
    for (const { key, bytes } of before) await store.put(key, last(bytes) as Buffer);
    expect(await verify('--tenant', 'other')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('of the tenant other'),
    });
    expect(await verify('--tenant', TENANT)).toMatchObject({
      status: 1,
      findings: expect.arrayContaining([
        expect.objectContaining({ kind: 'damaged-model', key: ownModel }),
        expect.objectContaining({ kind: 'damaged-shard', key: made.shard }),
      ]) as Finding[],
      summary: { damaged: 2 },
    });
    for (const { key, bytes } of before) await store.put(key, bytes);
  });

  if (isWhole) {
    test('the status index is compared with the records, entry by entry', async () => {
      const { tenant, ids, segment } = await fillIndex(store);
      expect(await findingsOf(tenant)).toEqual([]);
      const bytes = await store.get(segment);
      const [unlisted, failed, lost] = ids as [string, string, string];
      await store.put(
        segment,
        edit((listed) => ({ succeeded: (listed['succeeded'] as string[]).filter((id) => id !== unlisted) }))(
          bytes,
        ) as Buffer,
      );
      await store.put(ObjectKeys.predictionCompletion(tenant, failed), sealDocument({ status: 'failed' }));
      await store.deletePrefix(ObjectKeys.predictionFolder(tenant, lost));
      expect(await findingsOf(tenant)).toEqual([
        {
          key: segment,
          kind: 'missing-in-index',
          detail: `it does not list ${unlisted}, which is succeeded`,
          remedy: expect.stringContaining('npm run index-lists'),
        },
        {
          key: segment,
          kind: 'stale-in-index',
          detail: `it lists ${failed} as succeeded, which is failed`,
          remedy: expect.stringContaining('npm run index-lists'),
        },
        {
          key: segment,
          kind: 'lost-resource',
          detail: `it lists ${lost} as succeeded, which is not there and was not deleted`,
          remedy: expect.stringContaining('npm run index-lists'),
        },
      ]);
      for (const damaged of [truncate(bytes) as Buffer, sealDocument({ open: ids })]) {
        await store.put(segment, damaged);
        expect(await findingsOf(tenant)).toEqual([expect.objectContaining({ key: segment, kind: 'damaged-index' })]);
      }
      await repairStatusIndex(store, { tenant, kind: 'predictions' });
      expect(await findingsOf(tenant)).toEqual([]);
      await store.deletePrefix(`${ObjectKeys.tenantsFolder}${tenant}/`);
    });

    test.each([[['--unknown']], [['--tenant', '../x']]])('%j is rejected as wrong usage', async (args) => {
      expect(await verify(...args)).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('Usage: npm run verify'),
      });
    });
  }
}

/** Number of records in an index segment. */
const SEGMENT_IDS = 250;
const HOUR_MS = 3_600_000;

/** One version, its champion, and the mark of a deleted version. */
async function addOwnModel(store: ObjectStore): Promise<void> {
  const own = new ModelRegistry(store).ofTenant(TENANT);
  for (const _ of [1, 2]) await own.add(Buffer.from(thyroidModel('mylab')));
  await own.promote('mylab', '1', 'test');
  await own.delete('mylab', '2');
}

/** Stores a batch's results as an S3 store has them, and earlier releases did. */
async function storeAsOneObject(store: ObjectStore, batch: string): Promise<void> {
  const results = await readResults(store, TENANT, batch);
  const key = ObjectKeys.runManifest(TENANT, batch, 1);
  const { results: digest, ...manifest } = await readDocument(store, key, manifestShape);
  await store.put(ObjectKeys.runResults(TENANT, batch, 1), results);
  await store.put(key, sealDocument({ ...manifest, results: { ...digest, composed: undefined } }));
  await store.delete(ObjectKeys.runResultParts(TENANT, batch, 1));
}

/** A tenant with one index segment of records, all scored at least an hour ago. */
async function fillIndex(store: ObjectStore): Promise<{ tenant: string; ids: string[]; segment: string }> {
  const tenant = `lab-${randomUUID()}`;
  const ids = Array.from({ length: SEGMENT_IDS }, (_, n) => createId('pred_', Date.now() - 2 * HOUR_MS + n));
  for (const id of ids) {
    await store.put(
      ObjectKeys.predictionRequest(tenant, id),
      sealDocument({
        id,
        created_at: '',
        model: { name: 'm', version: '1', digest: '' },
        operating_point: 'default',
        features: {},
      }),
    );
    await store.put(ObjectKeys.predictionCompletion(tenant, id), sealDocument({ status: 'succeeded' }));
  }
  expect(await indexResources(store, { tenant, kind: 'predictions' })).toBe(1);
  return { tenant, ids, segment: `${ObjectKeys.statusIndexFolder(tenant, 'predictions')}${ids.at(-1)}.succeeded` };
}

describe('verifying a file store', () => {
  suite(() => Promise.resolve({}), { isWhole: true });
});

describeWith('moto_server', 'verifying a bucket', () => {
  // A contract test compares the two stores, so few damages are enough here.
  suite(
    async () => {
      const { url } = await connectMoto();
      const bucket = `verify-${randomUUID()}`;
      await fetch(`${url}/${bucket}`, { method: 'PUT' });
      return {
        STORAGE_URL: `s3://${bucket}/place`,
        AWS_ENDPOINT_URL: url,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
      };
    },
    { isWhole: false },
  );
});
