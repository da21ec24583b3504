import { CytoqueueClient } from '@cytoqueue/client';
import { run, score } from '../support/batches';
import type { ContractClient } from '../support/contract-client';
import { BENIGN_RECORD, readCsv } from '../support/records';
import { waitUntil } from '../support/wait-until';
import type { SharedStack } from './shared-stack';

const CELLS = '5,1,1,1,2,1,3,1,1';
const CONFIRMED = { confirmed_class: 'malignant', confirmed_at: '2026-11-02' };

export function confirmationCases({ stack, key, connect }: SharedStack): void {
  let client: ContractClient;
  let cytoqueue: CytoqueueClient;

  beforeAll(async () => {
    client = await connect('confirmations');
    cytoqueue = new CytoqueueClient({ url: stack().url, apiKey: key('confirmations') });
  });

  const confirm = (json: object) => client.post('/v1/confirmations', { json: { ...CONFIRMED, ...json } });

  test.each([
    ['commas', ',', '\n'],
    ['semicolons and CRLF', ';', '\r\n'],
  ])('rows of a batch are confirmed by number or sample id, in a file with %s', async (_name, delimiter, lineEnd) => {
    const names = ['a', '"b, c;\nd"', 'twice', '=e', 'twice', '-7', 'bad'];
    const text = [
      'id,V1,V2,V3,V4,V5,V6,V7,V8,V9',
      ...names.map((name) => `${name},${name === 'bad' ? 11 : 5}${CELLS.slice(1)}`),
    ]
      .map((line) => line.replaceAll(',', delimiter).replace(`"b${delimiter} c`, '"b, c'))
      .join(lineEnd);
    const { id, results } = await run(client, text + lineEnd);
    const scored = readCsv(results.text, delimiter);
    for (const [row, sample_id] of [
      [1, 'a'],
      [2, 'b, c;\nd'],
      [4, '=e'],
      [6, '-7'],
    ] as const) {
      const byId = await confirm({ batch_id: id, sample_id });
      const byNumber = await confirm({ batch_id: id, row });
      for (const { status, json } of [byId, byNumber]) {
        expect([sample_id, status, json.row]).toEqual([sample_id, 201, row]);
        expect(json).toMatchObject({ batch_id: id, operating_point: 'default', ...CONFIRMED });
        expect(String(json.probability_malignant)).toBe(scored[row - 1]?.['probability_malignant']);
        expect([json.predicted_class, json.outcome]).toEqual([
          scored[row - 1]?.['predicted_class'],
          scored[row - 1]?.['outcome'],
        ]);
      }
    }
    const ambiguous = await confirm({ batch_id: id, sample_id: 'twice' });
    expect([ambiguous.status, ambiguous.json.errors.map((error: { row: number }) => error.row)]).toEqual([409, [3, 5]]);
    expect((await confirm({ batch_id: id, row: 7 })).status).toBe(409);
    expect((await confirm({ batch_id: id, sample_id: 'bad' })).status).toBe(409);
    expect((await confirm({ batch_id: id, sample_id: 'unknown' })).status).toBe(404);
    expect((await confirm({ batch_id: id, row: 8 })).status).toBe(404);
  });

  test('a confirmation outlives its batch, and appears in the figures', async () => {
    const { id } = await run(client, `id,V1,V2,V3,V4,V5,V6,V7,V8,V9\nx,${CELLS}\n`, '?operating_point=sensitivity99');
    const { id: confirmation } = await cytoqueue.confirm({ batch_id: id, row: 1, confirmed_class: 'benign' });
    expect((await client.call('delete', `/v1/batches/${id}`)).status).toBe(204);
    expect((await confirm({ batch_id: id, row: 1 })).status).toBe(404);
    expect((await cytoqueue.getConfirmation(confirmation)).batch_id).toBe(id);
    const entry = await waitUntil('it is in the figures', async () => {
      const { data } = await cytoqueue.performance();
      return data.find(({ operating_point, confirmed }) => operating_point === 'sensitivity99' && confirmed > 0);
    });
    expect(entry).toMatchObject({ outcome: 'all', confirmed: 1, true_negative: 1, sensitivity: null });
    expect(entry.specificity?.value).toBe(1);
  });

  test('a file of confirmations reports each row that is not accepted', async () => {
    const { id } = await score(client, { features: BENIGN_RECORD });
    const csv = `prediction_id,batch_id,row,confirmed_class\n${id},,,benign\n${id},,3,benign\n,batch_x,1,benign\n`;
    const report = await cytoqueue.confirmFile(csv);
    expect(report).toMatchObject({ accepted: 1, rejected: 2 });
    expect(report.errors.map(({ row, code }) => [row, code])).toEqual([
      [2, 'invalid-request'],
      [3, 'not-found'],
    ]);
    expect(
      (await client.post('/v1/confirmations', { headers: { 'content-type': 'text/csv' }, body: csv })).status,
    ).toBe(200);
    const [newest] = (await cytoqueue.listConfirmations({ limit: 1 })).data;
    expect(newest?.prediction_id).toBe(id);
    await cytoqueue.deleteConfirmation(newest?.id ?? '');
    expect((await client.get(`/v1/confirmations/${newest?.id}`)).status).toBe(404);
    expect((await client.get('/v1/confirmations?limit=1')).status).toBe(200);
  });
}
