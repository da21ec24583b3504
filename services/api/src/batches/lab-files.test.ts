import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { RunningApi } from '../../test/running-api';
import type { PreflightReport } from './preflight-report';

/** Minimal versions of files that laboratories sent in a field test. */
const CASES = join(__dirname, '../../../../packages/tabular/test/cases');

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

async function send(path: string, body: Buffer, contentType = 'text/csv') {
  const response = await api.fetch(path, {
    method: 'POST',
    headers: { 'content-type': contentType },
    body,
  });
  return { status: response.status, json: (await response.json()) as Record<string, never> };
}

const read = (name: string) => readFileSync(join(CASES, name));
const modelOf = (name: string) => (/wdbc|kaggle/.test(name) ? 'model=wdbc-knn' : 'model=wbc-knn');

async function preflight(name: string, contentType?: string): Promise<PreflightReport> {
  const { status, json } = await send(`/v1/batches/preflight?${modelOf(name)}`, read(name), contentType);
  expect([status, json]).toEqual([200, expect.anything()]);
  return json as unknown as PreflightReport;
}

test.each<[name: string, valid: number, repairs: string[], skipped: object]>([
  ['20-kaggle-header-comma.csv', 4, ['header-ends-with-delimiter'], {}],
  ['21-rows-end-with-comma.csv', 1, ['rows-end-with-delimiter'], {}],
  ['23-weka-names.csv', 1, [], {}],
  ['25-range-in-header.csv', 1, [], {}],
  ['26-decimal-comma.csv', 1, ['decimal-comma'], {}],
  ['27-exponents.csv', 1, [], {}],
  ['28-missing-words.csv', 8, [], {}],
  ['29-sep-line.csv', 1, ['separator-line'], {}],
  ['30-title-row.csv', 1, [], { title: 1 }],
  ['31-empty-rows.csv', 1, [], { empty: 2 }],
  ['32-dropped-trailing-cells.csv', 2, ['dropped-trailing-cells'], {}],
  ['34-ctrl-z.csv', 1, ['ctrl-z'], {}],
  ['35-full-width-digit.csv', 2, [], {}],
  ['38-gzip-in-form.csv.gz', 6, [], {}],
])('%s is read with %i rows to score', async (name, valid, repairs, skipped) => {
  const report = await preflight(name);
  expect(report).toMatchObject({ accepted: true, problems: [], rows: { total: valid, valid, rejected: 0 } });
  expect(report.import?.repairs.map(({ code }) => code)).toEqual(repairs);
  expect(report.import?.skipped_rows).toMatchObject(skipped);
  const upload = await send(`/v1/batches?on_error=abort&${modelOf(name)}`, read(name));
  expect([upload.status, upload.json]).toMatchObject([202, { counts: { total: valid }, import: report.import }]);
});

test.each<[name: string, code: string, detail: RegExp]>([
  ['05-v1-is-the-id.csv', 'ambiguous-columns', /The columns have no names \(V1 … V11\)/],
  ['14-wdbc-v1-to-v32.csv', 'ambiguous-columns', /The columns have no names \(V1 … V32\)/],
  ['22-header-one-short-DO-NOT-SCORE.csv', 'header-short', /The header names 9 columns and every row has 10 cells/],
])('%s is refused as %s', async (name, code, detail) => {
  const report = await preflight(name);
  expect(report).toMatchObject({
    accepted: false,
    problems: [{ code, detail: expect.stringMatching(detail) as string }],
  });
  const upload = await send(`/v1/batches?${modelOf(name)}`, read(name));
  expect([upload.status, upload.json]).toMatchObject([422, { errors: [{ code }] }]);
});

test.each<[name: string, rows: object, byCode: object, warnings: object[]]>([
  ['07-repeated-header-other-order.csv', { valid: 1, rejected: 2 }, { 'header-changed': 2 }, []],
  [
    '08-scale-rows-become-patients.csv',
    { valid: 3 },
    {},
    [
      { code: 'no-identifier', row: 1, line: 2 },
      { code: 'no-identifier', row: 2, line: 3 },
    ],
  ],
  ['10-quote-swallows-rows.csv', { valid: 2 }, {}, [{ code: 'quote-spans-rows', row: 1, line: 2 }]],
  [
    '12-rounded-ids.csv',
    { valid: 2 },
    {},
    [
      { code: 'rounded-identifier', row: 1 },
      { code: 'rounded-identifier', row: 2 },
    ],
  ],
])('%s is read with its warnings', async (name, rows, byCode, warnings) => {
  const report = await preflight(name);
  expect(report).toMatchObject({ accepted: true, rows, rejected_by_code: byCode, warnings });
  expect(report.warnings_total).toBe(warnings.length);
  const upload = await send('/v1/batches?on_warning=abort&model=wbc-knn', read(name));
  const refused = { type: 'urn:cytoqueue:problem:file-has-warnings', warnings, warnings_total: warnings.length };
  expect([upload.status, upload.json]).toMatchObject(warnings.length === 0 ? [202, {}] : [422, refused]);
});

test.each(['01-wdbc-other-magnification.csv', '02-wdbc-log1p.csv', '04-wdbc-area-zero.csv'])(
  '%s is plain, and read whole',
  async (name) => {
    expect(await preflight(name)).toMatchObject({ accepted: true, rows: { rejected: 0 }, import: { repairs: [] } });
  },
);

test('a workbook named .csv is read as a workbook', async () => {
  expect(await preflight('37-xlsx-named-csv.csv')).toMatchObject({ accepted: true, import: { container: 'xlsx' } });
});

test.each([
  ['', 'several-sheets', ['Records', 'Codes']],
  ['&sheet=Data', 'sheet-not-found', ['Records', 'Empty', 'Codes']],
])(
  'a workbook with several sheets and the parameters “%s” is refused with their names',
  async (sheet, code, sheets) => {
    const file = readFileSync(join(CASES, '../written-elsewhere/openpyxl-two-sheets.xlsx'));
    const { status, json } = await send(`/v1/batches/preflight?model=wbc-knn${sheet}`, file);
    expect([status, json]).toMatchObject([422, { errors: [{ code, sheets }] }]);
  },
);

test('a file whose lines are quoted as a whole is refused with the way to split it', async () => {
  const lines = read('21-rows-end-with-comma.csv').toString().trimEnd().split('\n');
  const quoted = Buffer.from(lines.map((line) => `"${line}"\n`).join(''));
  const { status, json } = await send('/v1/batches?model=wbc-knn', quoted);
  const detail = expect.stringContaining('Line 1 has all names in one cell. Remove the quotes') as string;
  expect([status, json]).toMatchObject([422, { detail }]);
});

test('a declared charset is used, and an unknown one is refused with 415', async () => {
  const name = '39-windows-1252.csv';
  expect(await preflight(name, 'text/csv; charset=windows-1252')).toMatchObject({
    rows: { valid: 1 },
    import: { encoding: 'windows-1252' },
  });
  expect((await send('/v1/batches/preflight', read(name), 'text/csv; charset=klingon')).status).toBe(415);
});

test('a record that is not UTF-8 is refused with the position of the byte', async () => {
  const { status, json } = await send('/v1/predictions', read('11-latin1-id.json'), 'application/json');
  expect([status, json]).toMatchObject([400, { detail: expect.stringMatching(/not UTF-8 \(byte 15\)/) as string }]);
});

test('a record of lists is refused with advice for each value', async () => {
  const { status, json } = await send('/v1/predictions', read('40-boxed.json'), 'application/json');
  expect(status).toBe(422);
  expect((json['errors'] as { field: string; detail: string }[]).length).toBeGreaterThan(9);
  for (const { detail } of json['errors'] as { detail: string }[])
    expect(detail).toMatch(/is a list; .*auto_unbox = TRUE/);
});

test.each([
  ['[{"features":{}}]', /the body is a list of 1; send the record itself/],
  ['[{},{}]', /the body is a list of 2; .*POST \/v1\/batches/],
])('the body %s of a record is refused with what to send', async (body, detail) => {
  const { status, json } = await send('/v1/predictions', Buffer.from(body), 'application/json');
  expect([status, json]).toMatchObject([422, { errors: [{ detail: expect.stringMatching(detail) as string }] }]);
});
