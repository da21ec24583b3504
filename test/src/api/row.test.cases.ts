import { run, variedFile } from '../support/batches';
import { HEADER } from '../support/csv-rows';
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

export function rowCases({ connect }: SharedStack): void {
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
}
