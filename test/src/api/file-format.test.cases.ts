import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { run } from '../support/batches';
import type { ContractClient } from '../support/contract-client';
import { HEADER, rows } from '../support/csv-rows';
import { readCsv } from '../support/records';
import { ROOT } from '../support/stack-process';
import type { SharedStack } from './shared-stack';

const CASES = join(ROOT, 'packages/tabular/test/cases');

export function fileFormatCases({ connect }: SharedStack): void {
  let client: ContractClient;

  beforeAll(async () => {
    client = await connect('formats');
  });

  test('a file with decimal commas is scored by its values, and the results keep the original text', async () => {
    const given = readFileSync(join(CASES, '26-decimal-comma.csv'), 'utf8').trimEnd().split('\n');
    const { batch, results } = await run(client, `${given.join('\n')}\n`, '?model=wbc-knn');
    const plain = await run(client, `${given.join('\n').replaceAll(',0', '')}\n`, '?model=wbc-knn');
    const got = results.text.trimEnd().split('\n');
    got.forEach((line, index) => expect(line.startsWith(`${given[index]};`)).toBe(true));
    const outcome = (text: string) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => line.split(';').slice(-10));
    expect(outcome(results.text)).toEqual(outcome(plain.results.text));
    expect([batch.status, batch.import.decimal]).toEqual(['succeeded', ',']);
  });

  test('a gzip file gives the same results as its content', async () => {
    const file = HEADER + rows(2_500);
    const [packed, plain] = [await run(client, gzipSync(file)), await run(client, file)];
    expect(packed.results.text).toBe(plain.results.text);
    expect([packed.batch.import.container, plain.batch.import.container]).toEqual(['gzip', 'csv']);
    expect(packed.batch.input_sha256).not.toBe(plain.batch.input_sha256);
  });

  test('the errors file names row and line of each rejected row, and can be resubmitted', async () => {
    const bad = 'x,55,1,1,1,2,1,3,1,1\n';
    const plain = await run(client, `${HEADER}\n${rows(1)}${bad}`);
    const odd = await run(client, `${HEADER},,,,,,,,,\n${rows(1)}${bad}Total,,,,,,,,,\n`);
    const places = ({ errors }: typeof plain) =>
      readCsv(errors.text).map(({ row, line, error_code }) => [row, line, error_code]);
    expect(places(plain)).toEqual([['2', '4', 'out-of-range']]);
    expect(places(odd)).toEqual([
      ['2', '4', 'out-of-range'],
      ['3', '5', 'not-a-record'],
    ]);
    const again = await run(client, odd.errors.text);
    expect(again.batch.counts).toMatchObject({ total: 2, rejected: 2 });
  });

  test('results come as workbook, JSON Lines and Parquet, by format or Accept', async () => {
    const { id } = await run(client, HEADER + rows(3));
    const first = async (query: string, accept = '*/*') => {
      const answer = await client.get(`/v1/batches/${id}/results${query}`, { headers: { accept } });
      return [answer.status, answer.text.slice(0, 4)];
    };
    expect(await first('?format=xlsx')).toEqual([200, 'PK\u0003\u0004']);
    expect(await first('?format=parquet')).toEqual([200, 'PAR1']);
    expect(await first('', 'application/vnd.apache.parquet')).toEqual([200, 'PAR1']);
    expect(await first('', 'text/csv;q=0.1, application/jsonl;q=0')).toEqual([200, 'id,V']);
    const { text, headers } = await client.get(`/v1/batches/${id}/results?format=jsonl`);
    expect(headers.get('content-disposition')).toContain('.jsonl');
    const records = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(records).toHaveLength(3);
    expect(records[1]).toMatchObject({
      id: 'r2',
      row: 2,
      row_status: 'ok',
      probability_malignant: expect.any(Number) as number,
    });
    expect((await client.get(`/v1/batches/${id}/errors?format=jsonl`)).text).toBe('');
  });

  test('an import profile maps columns, its content is stored with the batch, and another tenant cannot use it', async () => {
    const names = HEADER.trimEnd().split(',');
    const profile = { columns: { clump_thickness: 'Dicke', id: 'Fallnummer' }, missing: ['k.A.'] };
    const saved = await client.call('put', '/v1/import-profiles/lab', { json: profile });
    expect([saved.status, saved.json]).toEqual([200, { name: 'lab', ...profile }]);
    expect((await client.get('/v1/import-profiles')).json.data).toEqual([{ name: 'lab', ...profile }]);
    const other = await connect('dry-run');
    expect((await other.get('/v1/import-profiles/lab')).status).toBe(404);
    const file = `Fallnummer,Dicke,${names.slice(2).join(',')}\na,5,1,1,1,2,k.A.,3,1,1\n`;
    const { batch } = await run(client, file, '?profile=lab');
    expect(batch).toMatchObject({
      status: 'succeeded',
      summary: { missing_features: 1 },
      import: { profile: { name: 'lab' } },
    });
    const report = await client.post('/v1/batches/preflight?profile=lab', {
      headers: { 'content-type': 'text/csv' },
      body: file,
    });
    expect(report.json.columns[1]).toEqual({
      column: 'Dicke',
      used_as: 'feature',
      feature: 'clump_thickness',
      matched_by: 'profile',
    });
    expect((await client.call('delete', '/v1/import-profiles/lab')).status).toBe(204);
    const gone = await client.post('/v1/batches?profile=lab', { headers: { 'content-type': 'text/csv' }, body: file });
    expect([gone.status, gone.json.errors[0].code]).toEqual([422, 'unknown-profile']);
    const impossible = await client.post('/v1/batches/preflight?profile=%5Bx%5D', {
      headers: { 'content-type': 'text/csv' },
      body: file,
    });
    expect([impossible.status, impossible.json.errors[0].code]).toEqual([422, 'unknown-profile']);
  });
}
