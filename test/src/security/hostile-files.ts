import { gzipSync } from 'node:zlib';
import { HEADER, ROW } from '../support/csv-rows';

/** A hostile upload and the allowed responses. */
export interface HostileUpload {
  name: string;
  headers: Record<string, string>;
  body: Buffer | string;
  /** Allowed statuses; 202 for a file whose rows are accepted or rejected one by one. */
  expected: number[];
}

const MIB = 1024 * 1024;
/** Size limit of an upload in these tests, and size of the bombs. */
export const LIMIT_BYTES = 16 * MIB;
const BOMB_BYTES = 24 * MIB;
const csv = { 'content-type': 'text/csv' };
const form = { 'content-type': 'multipart/form-data; boundary=b' };

function part(content: string, disposition = 'form-data; name="file"; filename="x.csv"', more = ''): string {
  return `--b\r\nContent-Disposition: ${disposition}\r\n${more}\r\n${content}\r\n`;
}
const END = '--b--\r\n';
const whole = (content = HEADER + ROW, disposition?: string, more?: string) => part(content, disposition, more) + END;

const raw: HostileUpload[] = [
  {
    name: 'a gzip bomb',
    headers: { ...csv, 'content-encoding': 'gzip' },
    body: gzipSync(Buffer.alloc(BOMB_BYTES, '1')),
    expected: [413, 422],
  },
  {
    name: 'a bomb behind a header',
    headers: { ...csv, 'content-encoding': 'gzip' },
    body: gzipSync(Buffer.concat([Buffer.from(HEADER), Buffer.alloc(BOMB_BYTES, ROW)])),
    expected: [413],
  },
  {
    name: 'a bomb within a bomb',
    headers: { ...csv, 'content-encoding': 'gzip' },
    body: gzipSync(gzipSync(Buffer.alloc(BOMB_BYTES))),
    expected: [413, 422],
  },
  {
    name: 'gzip that is cut off',
    headers: { ...csv, 'content-encoding': 'gzip' },
    body: gzipSync(HEADER + ROW.repeat(1_000)).subarray(0, -9),
    expected: [400],
  },
  { name: 'gzip that is none', headers: { ...csv, 'content-encoding': 'gzip' }, body: HEADER + ROW, expected: [400] },
  {
    name: 'two encodings',
    headers: { ...csv, 'content-encoding': 'gzip, gzip' },
    body: gzipSync(gzipSync(HEADER + ROW)),
    expected: [415],
  },
  {
    name: 'a cell of 10 MB',
    headers: csv,
    body: `${HEADER}${'x'.repeat(10 * MIB)},5,1,1,1,2,1,3,1,1\n`,
    expected: [422],
  },
  {
    name: 'a quoted cell of 10 MB',
    headers: csv,
    body: `${HEADER}"${'x\n'.repeat(5 * MIB)}",5,1,1,1,2,1,3,1,1\n`,
    expected: [422],
  },
  {
    name: 'a number of 100,000 digits',
    headers: csv,
    body: `${HEADER}7,${'9'.repeat(100_000)},1,1,1,2,1,3,1,1\n`,
    expected: [202],
  },
  { name: 'NUL bytes in cells', headers: csv, body: `${HEADER}7\0,5\0,1,1,1,2,1,3,1,1\n`, expected: [202, 422] },
  { name: 'nothing but NUL', headers: csv, body: Buffer.alloc(5 * MIB), expected: [422] },
  {
    name: 'a million columns',
    headers: csv,
    body: `${'c,'.repeat(1_000_000)}c\n${'1,'.repeat(1_000_000)}1\n`,
    expected: [422],
  },
  {
    name: 'a row of a million cells',
    headers: csv,
    body: `${HEADER}${'1,'.repeat(1_000_000)}1\n`,
    expected: [202, 422],
  },
  { name: 'a million empty rows', headers: csv, body: HEADER + '\n'.repeat(1_000_000), expected: [202, 422] },
  { name: 'a quote that never ends', headers: csv, body: `${HEADER}"${'7,5,1\n'.repeat(500_000)}`, expected: [422] },
  {
    name: 'half a character',
    headers: csv,
    body: Buffer.concat([Buffer.from(HEADER), Buffer.from([0x37, 0xc3, 0x2c]), Buffer.from('5,1,1,1,2,1,3,1,1\n')]),
    expected: [202, 422],
  },
  { name: 'UTF-16', headers: csv, body: Buffer.from(`\ufeff${HEADER}${ROW}`, 'utf16le'), expected: [202] },
  {
    name: 'a picture',
    headers: { 'content-type': 'image/png' },
    body: Buffer.from('89504e470d0a1a0a', 'hex'),
    expected: [415],
  },
  {
    name: 'XML with an entity',
    headers: csv,
    body: '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    expected: [422],
  },
  { name: 'no type', headers: {}, body: HEADER + ROW, expected: [415, 400] },
  { name: 'an empty body', headers: csv, body: '', expected: [422] },
  {
    name: 'columns called like members of objects',
    headers: csv,
    body: `__proto__,constructor,${HEADER}1,2,${ROW}`,
    expected: [202],
  },
];

/** Forms that are merely incomplete or have the wrong parts: services/api/src/batches/receive-file.test.ts. */
const forms: HostileUpload[] = [
  {
    name: 'a form with an empty boundary',
    headers: { 'content-type': 'multipart/form-data; boundary=' },
    body: whole(),
    expected: [400],
  },
  {
    name: 'a form with another boundary',
    headers: { 'content-type': 'multipart/form-data; boundary=other' },
    body: whole(),
    expected: [400],
  },
  { name: 'ten thousand files', headers: form, body: part('x').repeat(10_000) + END, expected: [400, 422] },
  {
    name: 'ten thousand fields',
    headers: form,
    body: part('x', 'form-data; name="a"').repeat(10_000) + END,
    expected: [400],
  },
  {
    name: 'a field of fields of fields',
    headers: form,
    body: whole('x', `form-data; name="a${'[b]'.repeat(5_000)}"`),
    expected: [400],
  },
  {
    name: 'a field called like a member of objects',
    headers: form,
    body: whole('x', 'form-data; name="__proto__[admin]"'),
    expected: [400],
  },
  {
    name: 'part headers of a megabyte',
    headers: form,
    body: whole(HEADER + ROW, undefined, `X-Long: ${'x'.repeat(MIB)}\r\n`),
    expected: [400, 422],
  },
  {
    name: 'ten thousand part headers',
    headers: form,
    body: whole(HEADER + ROW, undefined, 'X-A: b\r\n'.repeat(10_000)),
    expected: [202, 400, 422],
  },
  ...['.', '..', 'x.csv\u0001.exe'].map((filename) => ({
    name: `a file name of ${JSON.stringify(filename)}`,
    headers: form,
    body: whole(HEADER + ROW, `form-data; name="file"; filename="${filename}"`),
    expected: [202, 400],
  })),
  {
    name: 'a file name with NUL',
    headers: form,
    body: whole(HEADER + ROW, 'form-data; name="file"; filename="x.csv\0.exe"'),
    expected: [202, 400],
  },
  {
    name: 'a file name of a megabyte',
    headers: form,
    body: whole(HEADER + ROW, `form-data; name="file"; filename="${'x'.repeat(MIB)}"`),
    expected: [400, 422],
  },
  {
    name: 'a boundary of 10,000 characters',
    headers: { 'content-type': `multipart/form-data; boundary=${'b'.repeat(10_000)}` },
    body: `--${'b'.repeat(10_000)}--\r\n`,
    expected: [400],
  },
];

export const HOSTILE_UPLOADS: readonly HostileUpload[] = [...raw, ...forms];

/** Names that try to leave a folder, split a header or imitate another name. */
export const HOSTILE_NAMES: readonly string[] = [
  '../../../etc/passwd',
  '..\\..\\windows\\system32',
  '/etc/shadow',
  'a"; filename="b.html',
  "a'; rm -rf ~",
  '\u202evsc.exe',
  'ünï ©ødé \u{1f600}.csv',
  'x\u2028y.csv',
  'CON',
  '.htaccess',
  '%0d%0aSet-Cookie: a=b',
  '<script>alert(1)</script>.csv',
  '=cmd|calc.csv',
  ' ',
  'a'.repeat(1_000),
];
