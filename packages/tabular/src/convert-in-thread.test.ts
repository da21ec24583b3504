import { join } from 'node:path';
import { wbc } from '@cytoqueue/schema';
import { HEADER, ROW, importText, lines } from '../test/imported';
import { importInThread } from './convert-in-thread';
import type { Import, ImportSummary } from './import';
import type { RandomAccess } from './source';

/** A thread loads compiled code by itself. */
const threadFile = join(__dirname, '../dist/convert-thread.js');

function stored(text: string): RandomAccess & { reads: number } {
  const bytes = Buffer.from(text);
  return {
    size: bytes.length,
    reads: 0,
    async read(offset, length) {
      this.reads++;
      return bytes.subarray(offset, offset + length);
    },
  };
}

const start = (file: RandomAccess, maxHeapMib?: number): Promise<Import> =>
  importInThread(file, { schema: wbc }, { threadFile, maxHeapMib });

async function readAll({ bytes }: Import): Promise<{ bytes: Buffer; summary: ImportSummary }> {
  const blocks: Uint8Array[] = [];
  for (let next = await bytes.next(); ; next = await bytes.next()) {
    if (next.done === true) return { bytes: Buffer.concat(blocks), summary: next.value };
    blocks.push(next.value);
  }
}

test('a thread gives the same bytes and report as the caller itself would', async () => {
  const file = lines(
    'Cytology list',
    HEADER,
    ...Array.from({ length: 20_000 }, (_, row) => [`P${row}`, ...ROW.slice(1)]),
  );
  const here = await importText(file);
  const there = await start(stored(file));
  expect(there.start).toEqual(here.start);
  const { bytes, summary } = await readAll(there);
  expect(bytes.equals(here.bytes)).toBe(true);
  expect(summary).toEqual({ report: here.report, warnings: here.warnings, warnings_total: 0, rows: 20_000 });
});

test('a thread reads no further than its consumer, and ends when the consumer stops', async () => {
  const file = stored(lines('Cytology list', HEADER) + lines(ROW).repeat(400_000));
  const { bytes } = await start(file);
  await bytes.next();
  await bytes.return(undefined as never);
  expect(file.reads * 256 * 1024).toBeLessThan(file.size / 2);
});

test('a refused file is refused with its code and line', async () => {
  const file = stored(lines('title', HEADER, ROW, ['"P2', ...ROW.slice(1)]));
  await expect(start(file).then(readAll)).rejects.toMatchObject({
    name: 'TabularError',
    code: 'unclosed-quote',
    line: 4,
  });
  await expect(start(stored('{\\rtf1 text'))).rejects.toMatchObject({
    name: 'TabularError',
    code: 'unsupported-format',
  });
});

test('an error of the store is passed on as it is', async () => {
  const unavailable = new Error('the store is unavailable');
  const file = stored(lines('title', HEADER) + lines(ROW).repeat(50_000));
  const read = file.read.bind(file);
  file.read = (offset, length) => (offset > 300_000 ? Promise.reject(unavailable) : read(offset, length));
  await expect(start(file).then(readAll)).rejects.toBe(unavailable);
});

test('a file that needs more memory than the thread may have is refused, and the process goes on', async () => {
  const header = [...HEADER, ...Array.from({ length: 900 }, (_, column) => `column ${column}`)];
  const file = stored(
    lines(
      'title',
      header,
      ...Array.from({ length: 500 }, (_, row) => [
        ...ROW,
        ...Array.from({ length: 900 }, (__, column) => `cell ${row} ${column}`),
      ]),
    ),
  );
  await expect(start(file, 4).then(readAll)).rejects.toMatchObject({
    code: 'import-out-of-memory',
    message: expect.stringContaining('4 MiB'),
  });
});
