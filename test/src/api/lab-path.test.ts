import { strict as assert } from 'node:assert';
import { createHash, randomUUID } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { finish, run, upload } from '../support/batches';
import { ContractClient } from '../support/contract-client';
import { connectMoto } from '../support/moto-server';
import { describeWith } from '../support/optional-tools';
import { WISCONSIN, readCsv, wisconsinOfAnotherLab } from '../support/records';
import { type Environment, type RunningStack, startStack } from '../support/stack-process';

async function s3Environment(): Promise<Environment> {
  const moto = await connectMoto();
  const bucket = `lab-path-${randomUUID()}`;
  const environment = {
    STORAGE_URL: `s3://${bucket}/some/prefix`,
    AWS_ENDPOINT_URL: moto.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  const s3 = new S3Client({
    endpoint: moto.url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  s3.destroy();
  return environment;
}

/**
 * SHA-256 of the results of the bundled file by wbc-knn@1.0.0. Every store and every release must write these bytes.
 */
const WISCONSIN_RESULTS_SHA256 = 'defc0831653974d330607480ca6ca85ecc83e7635eb47da74ce34cb21a651b5f';

const homes = [
  { name: 'a file store', declare: describe, prepare: async (): Promise<Environment> => ({}) },
  { name: 'S3', declare: describeWith.bind(undefined, 'moto_server'), prepare: s3Environment },
];

for (const { name, declare, prepare } of homes)
  declare(`a lab on ${name}`, () => {
    let stack: RunningStack;
    let client: ContractClient;

    beforeAll(async () => {
      stack = await startStack(await prepare());
      client = await ContractClient.connect(stack.url, stack.apiKey);
    });

    afterAll(async () => {
      const status = await stack?.stop();
      assert.equal(status, 0, 'the stack stops in order');
    });

    test('downloads every row of the Wisconsin file, in order, with unchanged ids', async () => {
      const input = wisconsinOfAnotherLab();
      const { batch, results, errors } = await run(client, input, '?model=wbc-knn@1.0.0');
      expect(batch.counts).toEqual({ total: 699, pending: 0, succeeded: 699, rejected: 0, failed: 0 });
      expect(batch.status).toBe('succeeded');
      expect(batch.summary.missing_features).toBe(16);

      const given = input.trimEnd().split('\n');
      const got = results.text.trimEnd().split('\n');
      expect(got).toHaveLength(given.length);
      got.forEach((line, row) => expect(line.startsWith(`${given[row]},`)).toBe(true));
      expect(got[0]).toBe(
        `${given[0]},row,row_status,predicted_class,probability_malignant,outcome,reason,missing_features,model,error_code,error_detail`,
      );
      const rows = readCsv(results.text);
      const countOf = (outcome: string, label: string) =>
        rows.filter((row) => row['outcome'] === outcome && row['predicted_class'] === label).length;
      expect(batch.summary).toMatchObject({
        confident: { benign: countOf('confident', 'benign'), malignant: countOf('confident', 'malignant') },
        indeterminate: rows.filter(({ outcome }) => outcome === 'indeterminate').length,
      });
      expect(rows.map(({ row }) => row)).toEqual(Array.from({ length: 699 }, (_, i) => String(i + 1)));
      expect(errors.text).toBe(`${given[0]},error_code,error_detail,row,line\n`);
      expect(createHash('sha256').update(results.text).digest('hex')).toBe(WISCONSIN_RESULTS_SHA256);
    });

    test('the results redirect to a presigned address only on request, and only with S3', async () => {
      const { id, results } = await run(client, WISCONSIN);
      expect(results.status).toBe(200);
      const headers = { authorization: `Bearer ${stack.apiKey}` };
      const answer = await fetch(`${stack.url}/v1/batches/${id}/results?redirect=true`, {
        headers,
        redirect: 'manual',
      });
      const address = answer.headers.get('location');
      expect([answer.status, address === null]).toEqual(name === 'S3' ? [303, false] : [200, true]);
      const bytes = address === null ? answer : await fetch(address);
      expect(await bytes.text()).toBe(results.text);
    });

    test('a form upload gives the same results as a raw body and keeps the file name', async () => {
      const form = new FormData();
      form.set('file', new Blob([wisconsinOfAnotherLab()], { type: 'text/csv' }), 'März.csv');
      const { batch, results } = await run(client, form);
      expect(batch.filename).toBe('März.csv');
      expect(results.headers.get('content-disposition')).toContain("filename*=UTF-8''M%C3%A4rz-results.csv");
      expect(results.text).toBe((await run(client, wisconsinOfAnotherLab())).results.text);
    });

    test('an invalid file is rejected with row and column, and nothing is stored', async () => {
      const before = (await client.get('/v1/batches?limit=100')).json.data.length;
      const refused = async (body: string | Buffer) => {
        const { status, json } = await client.post('/v1/batches', { headers: { 'content-type': 'text/csv' }, body });
        const [{ code, row, line } = { code: '' }] = json.errors as { code: string; row?: number; line?: number }[];
        return [status, code, line === undefined ? `row ${row}` : `line ${line}`];
      };
      const header = 'V1,V2,V3,V4,V5,V6,V7,V8,V9\n';
      expect(await refused('')).toEqual([422, 'empty-file', 'row undefined']);
      expect(await refused('1,2,3,4,5,6,7,8,9\n')).toEqual([422, 'no-header', 'line 1']);
      expect(await refused('V1,V2,V3,V4,V5,V6,V7,V8\n')).toEqual([422, 'missing-column', 'line 1']);
      expect(await refused(header.replace('V1', 'V1,clump'))).toEqual([422, 'duplicate-column', 'line 1']);
      expect(await refused(header)).toEqual([422, 'no-rows', 'row undefined']);
      expect(await refused(`${header}1,1,1,1,1,1,1,1,1\n1,1,"1,1,1,1,1,1,1\n`)).toEqual([
        422,
        'unclosed-quote',
        'line 3',
      ]);
      expect(
        await refused(Buffer.concat([Buffer.from(`${header}1,1,1,1,1,1,1,1,1\n1,`), Buffer.from([0xff, 0xfe])])),
      ).toEqual([422, 'not-utf8', 'line 3']);
      expect(await refused(`${header}1,1,1,1,1,1,1,1,\0\n`)).toEqual([422, 'nul-byte', 'line 2']);
      expect((await client.get('/v1/batches?limit=100')).json.data).toHaveLength(before);
    });
  });

describe('a lab', () => {
  let stack: RunningStack;
  let client: ContractClient;

  beforeAll(async () => {
    stack = await startStack();
    client = await ContractClient.connect(stack.url, stack.apiKey);
  });

  afterAll(() => stack?.stop());

  test('malignant rows are classified and missing features are named', async () => {
    const { results } = await run(client, WISCONSIN);
    const rows = readCsv(results.text);
    const malignant = rows.filter((row) => row['class'] === '4');
    const found = malignant.filter((row) => row['predicted_class'] === 'malignant');
    expect(found.length / malignant.length).toBeGreaterThan(0.95);
    const incomplete = rows.filter((row) => row['bare_nuclei'] === '');
    expect(incomplete.map((row) => row['missing_features'])).toEqual(Array(16).fill('bare_nuclei'));
  });

  test('invalid rows are reported, the others are scored, and the errors file can be corrected and resubmitted', async () => {
    const header = 'id;note;V1;V2;V3;V4;V5;V6;V7;V8;V9;row';
    const rows = [
      'a;"two\r\nlines; ""quoted""";5;1;1;1;2;1;3;1;1;x',
      'b;=1+1;11;1;1;1;2;1;3;1;1;x',
      'c;short;5;1;1',
      'd;long;5;1;1;1;2;1;3;1;1;x;beyond',
      'e;pandas; 5.0 ;1;1;1;2;NA;3;1;1;x',
      'f;many missing;?;?;?;?;?;1;3;1;1;x',
    ];
    const { batch, results, errors } = await run(client, `\uFEFF${header}\r\n\r\n${rows.join('\r\n')}`);
    expect(batch.status).toBe('completed_with_errors');
    expect(batch.counts).toEqual({ total: 6, pending: 0, succeeded: 2, rejected: 4, failed: 0 });

    expect(results.text.startsWith(`\uFEFF${header};cytoqueue_row;row_status;`)).toBe(true);
    expect(results.text).toContain(`${rows[0]};1;ok;benign;`);
    const read = readCsv(results.text, ';');
    expect(read.map((row) => row['row_status'])).toEqual(['ok', 'rejected', 'rejected', 'rejected', 'ok', 'rejected']);
    expect(read.map((row) => row['error_code'])).toEqual([
      '',
      'out-of-range',
      'column-count',
      'column-count',
      '',
      'too-many-missing',
    ]);
    expect(read[1]?.['note']).toBe("'=1+1");
    expect(read[3]?.['error_detail']).toContain('beyond');
    // A shifted row that is resubmitted uncorrected must not be scored, so its measurements appear in the detail only.
    expect(readCsv(errors.text, ';').map(({ id, V1 }) => [id, V1])).toEqual([
      ['b', '11'],
      ['c', ''],
      ['d', ''],
      ['f', '?'],
    ]);
    expect(read[4]?.['missing_features']).toBe('bare_nuclei');

    const again = await run(client, errors.text.replace(';11;', ';10;'));
    expect(again.batch.counts).toMatchObject({ total: 4, succeeded: 1, rejected: 3 });
  });

  test('formulas=keep copies cells unchanged; on_error=abort fails the batch for one rejected row', async () => {
    const header = 'note,V1,V2,V3,V4,V5,V6,V7,V8,V9';
    const kept = await run(client, `${header}\n=1+1,5,1,1,1,2,1,3,1,1\n`, '?formulas=keep');
    expect(kept.results.text).toContain('\n=1+1,5,');
    const id = await upload(client, `${header}\nx,5,1,1,1,2,1,3,1,1\ny,12,1,1,1,2,1,3,1,1\n`, '?on_error=abort');
    expect((await finish(client, id)).status).toBe('failed');
  });

  test('byte ranges of the results can be downloaded', async () => {
    const { id, results } = await run(client, WISCONSIN);
    const part = await client.get(`/v1/batches/${id}/results`, { headers: { range: 'bytes=100-199' } });
    expect(part.status).toBe(206);
    expect(part.text).toBe(results.text.slice(100, 200));
    expect(part.headers.get('content-range')).toBe(`bytes 100-199/${results.text.length}`);
    expect((await client.get(`/v1/batches/${id}/results`, { headers: { range: 'bytes=99999999-' } })).status).toBe(416);
  });
});
