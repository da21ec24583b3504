import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { odsOf, writtenElsewhere, xlsxOf, zipOf } from '../../test/containers';
import { TabularError } from '../error';
import { openFile } from './open-file';
import { bytesAccess } from './random-access';

const CSV = Array.from({ length: 400 }, (_, i) => `S-${i},${(i * 7) % 10},${(i * 3) % 10}\n`).join('');
/** More than any of the files has: a reader that goes on has lost its bounds. */
const MAX_ITEMS = 10_000;

/** Everything that can be read of a file, or the code of the error. Any other error fails the test. */
async function outcome(bytes: Uint8Array): Promise<string> {
  const items: unknown[] = [];
  try {
    const source = await openFile(bytesAccess(bytes));
    for await (const item of source.kind === 'text' ? source.bytes : source.rows) {
      items.push(item instanceof Uint8Array ? Buffer.from(item).toString('latin1') : item);
      if (items.length > MAX_ITEMS) throw new Error('more rows than the file has');
    }
    return `${source.container} ${source.kind === 'text' ? items.join('') : JSON.stringify(items)}`;
  } catch (error) {
    if (error instanceof TabularError && error.message.endsWith('.')) return error.code;
    throw error;
  }
}

const ELSEWHERE = [
  'openpyxl.xlsx',
  'xlsxwriter.xlsx',
  'libreoffice.ods',
  'gnumeric.ods',
  'duckdb.parquet',
  'duckdb-zstd.parquet',
  'duckdb-gzip.parquet',
  'duckdb-lz4-raw.parquet',
  'duckdb-brotli.parquet',
  'arrow-rs.parquet',
  'arrow-rs-delta.parquet',
  'duckdb-types-v2.parquet',
];

async function files(): Promise<Map<string, Buffer>> {
  const all = new Map(ELSEWHERE.map((name) => [name, writtenElsewhere(name)]));
  all.set('records.csv.gz', Buffer.concat([gzipSync(CSV), gzipSync(CSV)]));
  all.set('records.zip', await zipOf({ 'records.csv': CSV }));
  return all;
}

test('a file that breaks off anywhere ends in a named error', async () => {
  for (const [name, file] of await files()) {
    const step = Math.max(1, Math.floor(file.length / 60));
    for (let length = 4; length < file.length; length += step) {
      expect([name, length, await outcome(file.subarray(0, length))]).toEqual([
        name,
        length,
        expect.stringMatching(/^[a-z0-9-]+$/),
      ]);
    }
  }
});

test('a changed byte ends in a named error, or is found to change nothing where there are checksums', async () => {
  const all = [...(await files())];
  const intact = new Map<string, string>();
  for (const [name, file] of all) intact.set(name, await outcome(file));
  const changed = fc.record({
    file: fc.constantFrom(...all),
    place: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    flip: fc.integer({ min: 1, max: 255 }),
  });
  await fc.assert(
    fc.asyncProperty(changed, async ({ file: [name, bytes], place, flip }) => {
      const copy = Buffer.from(bytes);
      const at = Math.floor(place * copy.length);
      copy.writeUInt8(copy.readUInt8(at) ^ flip, at);
      const found = await outcome(copy);
      // Parquet pages have no checksums, and a changed signature makes any file a text.
      const mayDiffer = name.endsWith('.parquet') || found.startsWith('csv ') || /^[a-z0-9-]+$/.test(found);
      expect(mayDiffer ? intact.get(name) : found).toBe(intact.get(name));
    }),
    { numRuns: 1500 },
  );
});

test('random bytes after each signature end in a named error', async () => {
  const signatures = ['PK\x03\x04', 'PAR1\x15', '\x1f\x8b\x08\0', '[{', '{"'];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...signatures), fc.uint8Array({ maxLength: 400 }), async (signature, rest) => {
      const found = await outcome(
        Buffer.concat([Buffer.from(signature, 'latin1'), rest, Buffer.from(signature, 'latin1')]),
      );
      expect(found).toMatch(/^([a-z0-9-]+$|csv |jsonl |gzip )/);
    }),
    { numRuns: 500 },
  );
});

test('Parquet metadata of random bytes ends in a named error', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (metadata) => {
      const footer = Buffer.alloc(8);
      footer.writeUInt32LE(metadata.length);
      footer.write('PAR1', 4);
      expect(await outcome(Buffer.concat([Buffer.from('PAR1'), Buffer.from([0x15]), metadata, footer]))).toMatch(
        /^([a-z0-9-]+|parquet \[.*\])$/,
      );
    }),
    { numRuns: 500 },
  );
});

describe('decompression bombs are stopped', () => {
  /** More than any small file may expand to, which is 16 MiB. */
  const MEBIBYTES = 18;
  const zeros = Buffer.alloc(MEBIBYTES * 1024 * 1024);
  const repeated = (text: string) => text.repeat(Math.ceil(zeros.length / text.length));
  // A million short ones would take most of the time of these tests.
  const LONG = 'a'.repeat(500);

  test.each<[string, () => Promise<Buffer>]>([
    ['gzip', async () => gzipSync(zeros)],
    [
      'gzip of many members',
      async () => Buffer.concat(Array.from({ length: MEBIBYTES }, () => gzipSync(Buffer.alloc(1024 * 1024)))),
    ],
    ['zip', () => zipOf({ 'records.csv': zeros })],
    ['a sheet', () => xlsxOf(repeated(`<x a="${LONG}"/>`))],
    [
      'the texts of a workbook',
      () => xlsxOf('', { 'xl/sharedStrings.xml': `<sst>${repeated(`<si><t>${LONG}</t></si>`)}</sst>` }),
    ],
    ['an .ods', () => odsOf(repeated(`<x a="${LONG}"/>`))],
  ])('%s', async (_, make) => {
    expect(await outcome(await make())).toBe('expands-too-far');
  });

  test('a page that says it holds a billion equal values', async () => {
    const file = writtenElsewhere('duckdb-uncompressed.parquet');
    // Every byte in turn becomes the first of a number that goes on: run lengths, counts and sizes among them.
    for (let at = 4; at < file.length - 8; at++) {
      const copy = Buffer.from(file);
      copy.fill(0xfe, at, at + 4);
      copy.writeUInt8(0x07, at + 4);
      expect(await outcome(copy)).toMatch(/^([a-z0-9-]+|parquet \[.*\])$/);
    }
  });
});

test.each(ELSEWHERE)('%s is known by its bytes, whatever its name says', async (name) => {
  const found = await outcome(writtenElsewhere(name));
  expect(found.split(' ')[0]).toBe(name.split('.')[1]);
});
