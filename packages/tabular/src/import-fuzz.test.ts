/** Whatever bytes come: a refusal that names its reason, or canonical rows of which none is lost. */
import { CsvError, ShardSplitter, readHeader } from '@cytoqueue/csv';
import fc from 'fast-check';
import { FEATURES, GRADES, HEADER, ROW, type Imported, importText, lines } from '../test/imported';
import { TabularError } from './error';

const tokens = fc.constantFrom(
  ',',
  ';',
  '\t',
  '|',
  ' ',
  '\n',
  '\r\n',
  '\r',
  '"',
  '""',
  '"a\nb"',
  '\uFEFF',
  '\x1a',
  '\0',
  'é',
  '漢',
  '１',
  '#',
  'sep=;\n',
  'Max',
  '4,0',
  '1.001',
  '?',
  'nan',
  `${HEADER.join()}\n`,
  `${HEADER.join(';')}\r\n`,
  `${['id', ...FEATURES.toReversed()].join()}\n`,
  `${ROW.join()}\n`,
  `P2;${GRADES.join(';')}\r\n`,
  ',,,,,,,,,\n',
  '1,2,3,4,5,6,7,8,9,10\n',
);
const soups = fc.array(tokens, { maxLength: 30 }).map((parts) => Buffer.from(parts.join('')));
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const mutated = fc
  .tuple(
    fc.array(fc.tuple(fc.nat(400), fc.nat(3), fc.uint8Array({ maxLength: 3 })), { maxLength: 4 }),
    fc.constantFrom('utf8', 'utf16le', 'latin1'),
  )
  .map(([edits, encoding]) =>
    edits.reduce(
      (file, [at, removed, added]) => Buffer.concat([file.subarray(0, at), added, file.subarray(at + removed)]),
      Buffer.from(lines(HEADER, ROW, ROW, HEADER, ROW), encoding),
    ),
  );

async function importOrRefuse(file: Buffer, chunkBytes: number): Promise<Imported | { refused: string }> {
  try {
    return await importText(file, { chunkBytes });
  } catch (error) {
    if (error instanceof TabularError) return { refused: error.code };
    throw error;
  }
}

test('any bytes give the same answer in any chunks, and canonical rows that the byte path reads', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(soups, bytes, mutated), fc.integer({ min: 1, max: 50 }), async (file, chunkBytes) => {
      const imported = await importOrRefuse(file, chunkBytes);
      expect(await importOrRefuse(file, 1_000)).toEqual(imported);
      const rows = 'refused' in imported ? [] : [imported.rows, countRows(imported), imported.read.length];
      expect(new Set(rows).size).toBeLessThan(2);
    }),
    { numRuns: 3_000 },
  );
});

/** Rows of the canonical file as the API cuts it into shards. */
function countRows({ bytes: file, start }: Imported): number | string {
  try {
    const header = readHeader(file, { final: true, countRecognized: (columns) => columns.length });
    if (header === undefined) return 'no header';
    const cutter = new ShardSplitter(
      { ...header, dialect: start.dialect },
      { shardRows: 3, shardBytes: 1e6, maxShards: 10, maxRowBytes: 1e6 },
    );
    cutter.push(file.subarray(header.byteLength));
    return cutter.end().rows;
  } catch (error) {
    if (error instanceof CsvError) return error.code;
    throw error;
  }
}

const rows = fc.array(
  fc.constantFrom(
    ROW.join(),
    HEADER.join(),
    'title',
    '',
    ',,',
    ['id', ...FEATURES.toReversed()].join(),
    '1,2,3,4,5,6,7,8,9,10',
    'Max,1,1',
    'x,y',
    ['', ...GRADES].join(),
  ),
  { maxLength: 10 },
);

test('every line is the header, a row of the results, or counted as left out', async () => {
  await fc.assert(
    fc.asyncProperty(rows, rows, async (above, below) => {
      const imported = await importOrRefuse(Buffer.from(lines(...above, HEADER.join(), ...below)), 100);
      const all = above.length + 1 + below.length;
      expect(countLines(imported)).toBe('refused' in imported ? 'rows-above-header' : all);
    }),
    { numRuns: 500 },
  );
});

function countLines(imported: Imported | { refused: string }): number | string {
  if ('refused' in imported) return imported.refused;
  const { empty, repeated_header, title, second_header } = imported.report.skipped_rows;
  return imported.rows + 1 + empty + repeated_header + title + second_header;
}
