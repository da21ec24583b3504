import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '@cytoqueue/storage';
import { run } from '../support/batches';
import type { ContractClient } from '../support/contract-client';
import { HEADER } from '../support/csv-rows';
import { keysBelow as listKeys } from '../support/invariant';
import { ROOT } from '../support/stack-process';
import type { SharedStack } from './shared-stack';

export function dryRunCases({ stack, connect }: SharedStack): void {
  let client: ContractClient;

  beforeAll(async () => {
    client = await connect('dry-run');
  });

  const keysBelow = (prefix: string) => listKeys(openStore(`file://${stack().dataDir}/objects`), prefix);
  const dryRun = (body: string, model = 'wbc-knn') =>
    client.post(`/v1/batches?dry_run=true&model=${model}`, { headers: { 'content-type': 'text/csv' }, body });

  test('validates the file and leaves nothing in the store', async () => {
    const before = await keysBelow('tenants/dry-run/batches/');
    const { status, json } = await dryRun(
      `ID;Clump;V2;V3;V4;V5;V6;V7;V8;V9;class\r\n${'a;5;1;1;1;2;?;3;1;1;2\r\n'.repeat(2)}b;11;1;1;1;2;1;3;1;1;4\nc;1\n`,
    );
    expect(status).toBe(200);
    expect(json.rows).toEqual({ total: 4, valid: 2, rejected: 2, with_missing_features: 2, repeated: 1 });
    expect(json.rejected_by_code).toEqual({ 'out-of-range': 1, 'column-count': 1 });
    expect(json.errors.map(({ row, code }: { row: number; code: string }) => `${row} ${code}`)).toEqual([
      '3 out-of-range',
      '4 column-count',
    ]);
    expect(json.dialect).toEqual({ delimiter: ';', line_end: '\r\n', bom: false });
    expect(json.columns[0]).toEqual({ column: 'ID', used_as: 'id' });
    expect(json.columns[1]).toEqual({
      column: 'Clump',
      used_as: 'feature',
      feature: 'clump_thickness',
      matched_by: 'alias',
    });
    expect(json.columns[10]).toEqual({ column: 'class', used_as: 'label' });
    expect(json.missing_by_feature).toMatchObject({ bare_nuclei: 2, mitoses: 0 });
    expect(await keysBelow('tenants/dry-run/batches/')).toEqual(before);
  });

  test('reports drift notes in words, the same as the batch', async () => {
    const stuck =
      HEADER + Array.from({ length: 300 }, (_, i) => `r${i},3,${1 + (i % 2)},1,1,2,1,${1 + (i % 3)},1,1\n`).join('');
    const { json } = await dryRun(stuck);
    expect(json.drift.notes).toContainEqual(
      expect.objectContaining({ code: 'constant', features: ['clump_thickness'] }),
    );
    // An estimate from the throughput so far, so null before the first batch.
    expect(json.eta_seconds === null || json.eta_seconds >= 1).toBe(true);
    const { batch } = await run(client, stuck);
    expect(batch.drift).toEqual(json.drift);
    expect(batch.summary.drift).toEqual({ psi: json.drift.psi, notes: json.drift.notes });
  });

  test('measurements at another magnification are unlike the training data, in the preflight as in the batch', async () => {
    const path = join(ROOT, 'packages/schema/data/wisconsin-diagnostic.csv');
    const [header = '', ...rows] = readFileSync(path, 'utf8').trim().split('\n');
    const powerOf = (name: string) => (name.startsWith('area') ? 2 : /^(radius|perimeter)/.test(name) ? 1 : 0);
    const powers = header.split(',').map(powerOf);
    const magnify = (row: string, factor: number) =>
      row.split(',').map((cell, column) => (powers[column] ? Number(cell) * factor ** powers[column] : cell));
    const magnified = (factor: number) => [header, ...rows.map((row) => magnify(row, factor).join(','))].join('\n');

    expect((await dryRun(magnified(1), 'wdbc-knn')).json.drift).toEqual({ verdict: 'like_training', columns: [] });
    const { json } = await dryRun(magnified(1.6), 'wdbc-knn');
    expect(json.drift.verdict).toBe('unlike_training');
    expect(json.drift.columns.map(({ cause }: { cause: string }) => cause)).toEqual(Array(9).fill('magnification'));
    const { batch } = await run(client, magnified(1.6), '?model=wdbc-knn');
    expect(batch.drift).toEqual(json.drift);
    expect(batch.summary.drift).toBeUndefined();
    expect(batch.counts.succeeded - batch.summary.indeterminate).toBeLessThan(5);
  });

  test('refuses what the upload itself would be refused for, and knows the other Wisconsin data', async () => {
    const header = readFileSync(join(ROOT, 'packages/schema/data/wisconsin-diagnostic.csv'), 'utf8').split('\n')[0];
    const { status, json } = await dryRun(`${header}\n1\n`);
    expect([status, json.accepted]).toEqual([200, false]);
    expect(json.problems[0].detail).toContain('model=wdbc-knn');
    expect((await dryRun('')).status).toBe(422);
  });
}
