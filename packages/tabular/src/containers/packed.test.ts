import { gzipSync } from 'node:zlib';
import { wbc } from '@cytoqueue/schema';
import { readRowsOf, readTextOf, writtenElsewhere, zipOf } from '../../test/containers';
import { openImport } from '../import';
import { RowRules } from '../rows';
import { openFile } from './open-file';

const CSV = 'id,clump_thickness\nS-1,5\n';

describe('gzip', () => {
  test('all members are read, wherever a chunk of the file ends', async () => {
    const members = Array.from({ length: 40 }, (_, i) => gzipSync(`row ${i}\n`));
    const file = Buffer.concat(members);
    for (const chunkBytes of [1, 7, members[0]?.length ?? 0, 64]) {
      const source = await openFile({
        size: file.length,
        read: async (offset, length) =>
          file.subarray(offset, offset + (offset === 0 ? length : Math.min(length, chunkBytes))),
      });
      let text = '';
      if (source.kind === 'text') for await (const chunk of source.bytes) text += Buffer.from(chunk).toString();
      expect(text).toBe(Array.from({ length: 40 }, (_, i) => `row ${i}\n`).join(''));
    }
  });

  test('zero bytes after a member are padding; a member after them is reported', async () => {
    expect(await readTextOf(Buffer.concat([gzipSync(CSV), Buffer.alloc(600)]))).toEqual({
      container: 'gzip',
      text: CSV,
    });
    await expect(readTextOf(Buffer.concat([gzipSync(CSV), Buffer.alloc(600), gzipSync(CSV)]))).rejects.toMatchObject({
      code: 'damaged-file',
    });
  });

  test('JSON Lines may be packed; a workbook, an R object and a second packing are named', async () => {
    expect((await readRowsOf(gzipSync('{"id":1}\n'))).cells).toEqual([['id'], ['1']]);
    await expect(readTextOf(gzipSync(writtenElsewhere('openpyxl.xlsx')))).rejects.toMatchObject({
      code: 'nested-container',
      message: expect.stringContaining('a workbook or zip file inside of a gzip file'),
    });
    await expect(readTextOf(gzipSync(gzipSync(CSV)))).rejects.toMatchObject({ code: 'nested-container' });
    await expect(readTextOf(gzipSync('X\n\0\0\0\x03'))).rejects.toMatchObject({
      message: expect.stringContaining('a data file of R (.rds or .RData) inside of a gzip file'),
    });
  });
});

describe('zip', () => {
  test.each([{}, { stored: true }, { zip64: true }])('the one file is read: %j', async (options) => {
    const file = await zipOf(
      { 'data/': '', 'data/records.csv': CSV, '__MACOSX/data/._records.csv': 'x', '.DS_Store': 'x' },
      options,
    );
    expect(await readTextOf(file)).toEqual({ container: 'zip', member: 'data/records.csv', text: CSV });
  });

  test('several files and none are refused', async () => {
    await expect(readTextOf(await zipOf({ 'a.csv': CSV, 'b.csv': CSV }))).rejects.toMatchObject({
      code: 'several-files',
      message: expect.stringContaining('2 files'),
    });
    await expect(readTextOf(await zipOf({ 'a/': '' }))).rejects.toMatchObject({ code: 'empty-archive' });
  });

  test('a password is named', async () => {
    const file = await zipOf({ 'a.csv': CSV });
    for (const [signature, flags] of [
      ['PK\x03\x04', 6],
      ['PK\x01\x02', 8],
    ] as const) {
      const at = file.indexOf(signature, 0, 'latin1') + flags;
      file.writeUInt16LE(file.readUInt16LE(at) | 1, at);
    }
    await expect(readTextOf(file)).rejects.toMatchObject({ code: 'encrypted-file' });
  });

  test('another compression than deflate is named', async () => {
    const file = await zipOf({ 'a.csv': CSV });
    file.writeUInt16LE(9, file.indexOf('PK\x01\x02', 0, 'latin1') + 10);
    await expect(readTextOf(file)).rejects.toMatchObject({
      code: 'unsupported-format',
      message: expect.stringContaining('other than deflate'),
    });
  });

  test.each([
    ['xl/workbook.bin', 'binary format (.xlsb)'],
    ['word/document.xml', 'a Word document'],
    ['Index/Document.iwa', 'Apple Numbers'],
    ['content.xml', 'OpenDocument file other than a spreadsheet'],
  ])('a file with %s is named', async (part, name) => {
    await expect(readTextOf(await zipOf({ [part]: 'x', 'other.xml': 'x' }))).rejects.toMatchObject({
      code: 'unsupported-format',
      message: expect.stringContaining(name),
    });
  });

  test('a workbook inside is refused, for it needs random access', async () => {
    await expect(readTextOf(await zipOf({ 'a.xlsx': writtenElsewhere('openpyxl.xlsx') }))).rejects.toMatchObject({
      code: 'nested-container',
    });
  });
});

test.each(['openpyxl.xlsx', 'libreoffice.ods', 'duckdb.parquet'])(
  'a store that fails while %s is read is not taken for a damaged file',
  async (name) => {
    const file = writtenElsewhere(name);
    const outage = new Error('the store is unavailable');
    for (let fine = 0; fine < 40; fine++) {
      let calls = 0;
      const reading = async (): Promise<void> => {
        const source = await openFile({
          size: file.length,
          read: async (offset, length) => {
            if (calls++ === fine) throw outage;
            return file.subarray(offset, offset + length);
          },
        });
        if (source.kind === 'rows')
          for await (const row of source.rows) if (row.cells.length === 0) throw new Error('a row without cells');
      };
      const end = await reading().then(
        () => 'read',
        (error: unknown) => error,
      );
      expect(end).toBe(calls > fine ? outage : 'read');
      if (end === 'read') return;
    }
    throw new Error('more reads than expected');
  },
);

describe('short rows', () => {
  const features = wbc.features.map(({ name }) => name);
  const HEADER = `id,${features.join(',')}\n`;
  const read = async (text: string) => {
    const file = gzipSync(text);
    const reader = {
      size: file.length,
      read: async (offset: number, length: number) => file.subarray(offset, offset + length),
    };
    const source = await openFile(reader, { maxExpandedBytes: 1024 * 1024 });
    const { bytes } = await openImport(source, { schema: wbc });
    let next = await bytes.next();
    while (next.done !== true) next = await bytes.next();
    return next.value;
  };

  test.each(['\n', '\r\n', ',,,,\n', '\t\n', '"",""\n', '\u00a0\n'])('many blank rows %j are one', async (row) => {
    const rows = jest.spyOn(RowRules.prototype, 'apply');
    const { rows: records, report } = await read(`${HEADER}S-1${',5'.repeat(9)}\n${row.repeat(100_000)}`);
    expect(records).toBe(1);
    expect(report.skipped_rows.empty).toBe(100_000);
    expect(rows.mock.calls.length).toBeLessThan(100);
    rows.mockRestore();
  });

  test.each([
    `${HEADER}${'x\n'.repeat(70_000)}`,
    `${HEADER}${' \n\t\n'.repeat(35_000)}`,
    `${JSON.stringify({ id: 1 })}\n${'{}\n'.repeat(70_000)}`,
  ])('that are no records count as much as records do: %#', async (text) => {
    await expect(read(text)).rejects.toMatchObject({ code: 'expands-too-far' });
  });

  test('that are records count as they are', async () => {
    const record = `,${Array.from({ length: 9 }, () => 1).join(',')}\n`;
    expect((await read(HEADER + record.repeat(50_000))).rows).toBe(50_000);
  });
});
