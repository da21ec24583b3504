import { ObjectKeys } from '@cytoqueue/records';
import { wdbc } from '@cytoqueue/schema';
import { openStore } from '@cytoqueue/storage';
import { run, score, variedFile } from '../support/batches';
import { HEADER } from '../support/csv-rows';
import { keysBelow } from '../support/invariant';
import { whilePaused } from '../support/paused-workers';
import { waitUntil } from '../support/wait-until';
import { SHARD_ROWS, type SharedStack } from './shared-stack';

interface Row {
  row: number;
  sample_id: string | null;
  result?: { predicted_class: string; probability_malignant: number; outcome: string; reasons: string[] };
  error?: { status: string; code: string };
}

/** The rows of a file without quoted cells, by column. */
function parse(file: string): Record<string, string>[] {
  const [header = '', ...lines] = file.trim().split('\n');
  const columns = header.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, index) => [columns[index]!, cell])));
}

export function rowCases({ stack, connect }: SharedStack): void {
  test('the pages of a batch’s rows contain exactly the rows of its result file', async () => {
    const client = await connect('rows');
    const { id, results } = await run(client, variedFile(2 * SHARD_ROWS + 100));
    const rows: Row[] = [];
    for (let after = 1_900; ;) {
      const { json } = await client.get(`/v1/batches/${id}/rows?limit=100&after=${after}`);
      rows.push(...(json.data as Row[]));
      if (!json.has_more) break;
      after = Number(json.last_id);
    }
    const expected = parse(results.text).slice(1_900);
    const shown = rows.map(({ row, sample_id, result, error }) => [
      String(row),
      sample_id,
      error?.status ?? 'ok',
      result?.predicted_class ?? '',
      String(result?.probability_malignant ?? ''),
      result?.outcome ?? '',
      result?.reasons.join(';') ?? '',
      error?.code ?? '',
    ]);
    const names = ['row', 'id', 'row_status', 'predicted_class', 'probability_malignant', 'outcome', 'reason'];
    expect(shown).toEqual(expected.map((row) => [...names, 'error_code'].map((name) => row[name])));

    const indeterminate = await client.get(`/v1/batches/${id}/rows?outcome=indeterminate&limit=100`);
    const wanted = parse(results.text).filter(({ outcome }) => outcome === 'indeterminate');
    expect((indeterminate.json.data as Row[]).map(({ row }) => String(row))).toEqual(
      wanted.slice(0, 100).map(({ row }) => row),
    );
    expect((await client.get(`/v1/batches/${id}/rows/1`)).json).toMatchObject({ row: 1, sample_id: 'r0' });
    const found = await client.post(`/v1/batches/${id}/rows/search`, { json: { id_prefix: 'r209' } });
    expect((found.json.data as Row[]).map(({ sample_id }) => sample_id)).toEqual([
      'r209',
      ...Array.from({ length: 10 }, (_, i) => `r209${i}`),
    ]);
  });

  test('rows of an imported file have the original identifiers and measurements', async () => {
    const client = await connect('rows');
    const { id } = await run(
      client,
      `Export of the laboratory\n${HEADER.replaceAll(',', ';')}a7;5,0;1;1;1;2;?;3;1;1\n`,
    );
    const { json } = await client.get(`/v1/batches/${id}/rows/1`);
    expect(json).toMatchObject({ sample_id: 'a7', features: { clump_thickness: 5, bare_nuclei: null, mitoses: 1 } });
  });

  test('rows name the physical line in which they begin, also after empty lines and cells of several lines', async () => {
    const client = await connect('rows');
    const record = ',5,1,1,1,2,1,3,1,1';
    const before = Array.from({ length: SHARD_ROWS }, (_, i) => `r${i}${record}\n`).join('');
    const { id } = await run(
      client,
      `${HEADER}${before}\n"two\nlines"${record}\n\nbad${record}1\nlast,5.0${record.slice(2)}`,
    );
    const { json } = await client.get(`/v1/batches/${id}/rows?after=${SHARD_ROWS - 1}`);
    const places = (json.data as (Row & { line: number })[]).map(({ line, sample_id }) => [line, sample_id]);
    const first = SHARD_ROWS + 1;
    expect(places).toEqual([
      [first, `r${SHARD_ROWS - 1}`],
      [first + 2, 'two\nlines'],
      [first + 5, 'bad'],
      [first + 6, 'last'],
    ]);
    expect((await client.get(`/v1/batches/${id}/rows/${SHARD_ROWS + 3}`)).json).toMatchObject({
      line: first + 6,
      features: { clump_thickness: 5 },
    });
  });

  test('rows of a converted file have its lines, and the numbers that were scored', async () => {
    const client = await connect('rows');
    const columns = wdbc.features.map(({ name }) => name);
    const values = columns.map((_, index) => (index === 3 ? '1.234,5' : `${index},25`));
    const { id } = await run(
      client,
      `Measurements\n\nid;${columns.join(';')}\na1;${values.join(';')}\n`,
      '?model=wdbc-knn',
    );
    const scored = columns.map((name, index) => [name, index === 3 ? 1234.5 : index + 0.25]);
    const { json } = await client.get(`/v1/batches/${id}/rows`);
    expect(json.data).toMatchObject([{ row: 1, line: 4, sample_id: 'a1', features: Object.fromEntries(scored) }]);
  });

  describe('the evidence of a row', () => {
    const ROWS = 'a,5,1,1,1,2,?,3,1,1\nb,5,11,1,1,2,1,3,1,1\n"c\nd",8,10,10,8,7,10,9,7,1\n';

    test('is that of a record with the same measurements, is kept, and goes with its batch', async () => {
      const client = await connect('rows');
      const { id, batch } = await run(client, HEADER + ROWS);
      const explain = (row: number) =>
        waitUntil(`row ${row} is explained`, async () => {
          const { status, json, headers } = await client.get(`/v1/batches/${id}/rows/${row}?explain=true`);
          expect([200, 202]).toContain(status);
          expect(headers.get('retry-after')).toBe(status === 202 ? '1' : null);
          return status === 200 && json;
        });
      for (const row of [1, 3]) {
        const { json: plain } = await client.get(`/v1/batches/${id}/rows/${row}`);
        const record = await score(client, {
          features: plain.features,
          model: `${batch.model.name}@${batch.model.version}`,
        });
        const { neighbors, evidence } = record.result;
        expect(await explain(row)).toEqual({ ...plain, neighbors, evidence });
      }
      expect(await explain(2)).not.toHaveProperty('evidence');
      const store = openStore(`file://${stack().dataDir}/objects`);
      const folder = ObjectKeys.batchFolder('rows', id);
      expect((await keysBelow(store, folder)).filter((key) => key.includes('/evidence/'))).toHaveLength(2);
      expect((await client.call('delete', `/v1/batches/${id}`)).status).toBe(204);
      expect(await keysBelow(store, folder)).toEqual([]);
    });

    test('is computed by a worker: without one the row comes alone, with 202', async () => {
      const client = await connect('rows');
      const { id } = await run(client, HEADER + ROWS);
      await whilePaused(stack().dataDir, async () => {
        const { status, json, headers } = await client.get(`/v1/batches/${id}/rows/1?explain=true`, {
          headers: { prefer: 'wait=0' },
        });
        expect([status, headers.get('retry-after'), headers.get('preference-applied')]).toEqual([202, '1', 'wait=0']);
        expect(json).toMatchObject({ row: 1, result: { predicted_class: 'benign' } });
        expect(json).not.toHaveProperty('evidence');
      });
    });

    test('another tenant has no such row, and what is no flag is refused', async () => {
      const [client, other] = [await connect('rows'), await connect('one-shard')];
      const { id } = await run(client, HEADER + ROWS);
      expect((await other.get(`/v1/batches/${id}/rows/1?explain=true`)).status).toBe(404);
      expect((await client.get(`/v1/batches/${id}/rows/1?explain=yes`)).status).toBe(422);
    });
  });
}
