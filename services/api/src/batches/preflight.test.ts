import { BatchProgress, WorkerHeartbeat } from '@cytoqueue/queue';
import { ObjectKeys } from '@cytoqueue/records';
import { matchHeader, wbc } from '@cytoqueue/schema';
import { HEADER, ROW } from '../../../../test/src/support/csv-rows';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { RunningApi } from '../../test/running-api';
import { readStatistics } from './preflight';
import type { UploadSummary } from './upload-inspector';

let redis: RedisProcess;
let api: RunningApi;

beforeAll(async () => {
  redis = await RedisProcess.start();
  api = await RunningApi.start(redis.url);
});

afterAll(async () => {
  await api?.stop();
  await redis?.down();
});

test('preflights share the event loop: other work runs between two of their slices', async () => {
  const file = Buffer.from(HEADER + ROW.repeat(30_000));
  await api.store.put(ObjectKeys.batchInput('lab', 'batch_1'), file);
  const match = matchHeader(HEADER.trim().split(','), wbc);
  const header = {
    dialect: { delimiter: ',', lineEnd: '\n', bom: false },
    columns: match.columns,
    byteLength: HEADER.length,
  };
  const summary = {
    header,
    storedColumns: match,
    bytes: file.length,
    rows: 30_000,
    shards: [],
  } as unknown as UploadSummary;
  let running = true;
  let turns = 0;
  const count = () => {
    turns++;
    if (running) setImmediate(count);
  };
  setImmediate(count);
  const preflights = 4;
  const statistics = await Promise.all(
    Array.from({ length: preflights }, () =>
      readStatistics(api, 'lab', 'batch_1', summary, wbc, { missing: 'partial' }),
    ),
  );
  running = false;
  expect(turns).toBeGreaterThanOrEqual(preflights * Math.floor(file.length / (16 * 1024)));
  expect(statistics.map(({ valid }) => valid)).toEqual(Array(preflights).fill(30_000));
});

test('a preflight leaves nothing in the store, whether the file is plain, imported or refused', async () => {
  await api.store.deletePrefix('tenants/');
  const files = [HEADER + ROW, `${HEADER},,,,,,,,,\n${ROW}`, `id,V1\n${ROW}`, '%PDF-1.7\n'];
  const statuses = [];
  for (const body of files) {
    const init = { method: 'POST', headers: { 'content-type': 'text/csv' }, body };
    statuses.push((await api.fetch('/v1/batches/preflight', init)).status);
  }
  expect(statuses).toEqual([200, 200, 200, 422]);
  expect((await api.files()).filter((file) => file.includes('/batches/'))).toEqual([]);
});

test('equal errors are counted together, with the first row and line', async () => {
  const bad = ROW.replace(',5,', ',55,');
  const init = { method: 'POST', headers: { 'content-type': 'text/csv' }, body: `${HEADER}\n${ROW}${bad}${bad}` };
  const report = (await (await api.fetch('/v1/batches/preflight?on_error=abort', init)).json()) as object;
  expect(report).toMatchObject({
    accepted: true,
    problems: [{ code: 'rows-rejected' }],
    errors: [
      { row: 2, line: 4 },
      { row: 3, line: 5 },
    ],
    faults: [{ code: 'out-of-range', rows: 2, first_row: 2, first_line: 4 }],
  });
});

const preflight = async (body: string, query = '') =>
  (await (
    await api.fetch(`/v1/batches/preflight${query}`, { method: 'POST', headers: { 'content-type': 'text/csv' }, body })
  ).json()) as {
    accepted: boolean;
    columns: { column: string; used_as: string; feature?: string; matched_by?: string }[];
  };

test('columns that the profile maps are reported as such, also while others are still unmatched', async () => {
  const names = HEADER.trim()
    .split(',')
    .map((name) => ({ V6: 'Kern', V9: 'Teilung' })[name] ?? name);
  const init = {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ columns: { bare_nuclei: 'Kern', id: 'V1' } }),
  };
  expect((await api.fetch('/v1/import-profiles/lab', init)).status).toBe(200);
  const { accepted, columns } = await preflight(`${names.join(',')}\n${ROW}`, '?profile=lab');
  expect(accepted).toBe(false);
  const used = Object.fromEntries(columns.map(({ column, ...use }) => [column, use]));
  expect(used).toMatchObject({
    Kern: { used_as: 'feature', feature: 'bare_nuclei', matched_by: 'profile' },
    Teilung: { used_as: 'carried' },
    V1: { used_as: 'id' },
  });
});

test('the report of a refused file names the file, and is null where the file was not read', async () => {
  const file = new FormData();
  file.append('file', new Blob([`a|b|c\n1|2|3\n`]), 'lab.txt');
  const response = await api.fetch('/v1/batches/preflight', { method: 'POST', body: file });
  expect([response.status, await response.json()]).toMatchObject([
    200,
    { accepted: false, filename: 'lab.txt', bytes: null, input_sha256: null, import: null, dialect: null, rows: null },
  ]);
});

test('no meaning is reported for the columns of a header that is ambiguous', async () => {
  const names = Array.from({ length: 11 }, (_, index) => `V${index + 1}`).join(',');
  const { columns } = await preflight(`${names}\n1,${ROW.trim()},2\n`);
  expect(new Set(columns.map(({ used_as }) => used_as))).toEqual(new Set(['carried']));
});

test('the time estimate comes from the workers alive and their recent speed with the same model', async () => {
  const estimate = async () =>
    ((await preflight(HEADER + ROW.repeat(2_000))) as unknown as { eta_seconds: number }).eta_seconds;
  expect(await estimate()).toBeNull();
  const worker = new WorkerHeartbeat(api.commands, 'worker', 4);
  worker.start();
  await waitUntil('the worker is known', async () => (await estimate()) !== null);
  const progress = new BatchProgress(api.commands);
  await progress.recordScoringSpeed('sha256:of-another-model', 1_000, 1_000_000);
  expect(await estimate()).toBeLessThan(500);
  const { model } = (await preflight(HEADER + ROW)) as unknown as { model: { digest: string } };
  await progress.recordScoringSpeed(model.digest, 1_000, 4_000);
  expect(await estimate()).toBe(2);
  await worker.stop();
});
