import fc from 'fast-check';
import { WholeRowChunker } from './whole-row-chunker';
import { readRows } from './rows';

const dialect = { delimiter: ',', lineEnd: '\n', bom: false } as const;
const row = fc.constantFrom('1,2\n', '"a\nb",2\r\n', '\n', '"x""y",\n', '"",1\n', 'é,"\n"\n');
const countRows = (bytes: Uint8Array) =>
  readRows(bytes, dialect, { columns: 2, featureColumns: [], maxValue: 1, missingTokens: [] }).rows;

test('blocks hold whole records, whatever the chunking, and together every byte', () => {
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 12 }),
      fc.boolean(),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      (rows, cut, sizes) => {
        const text = rows.join('');
        const file = Buffer.from(cut ? text.replace(/\r?\n$/, '') : text);
        const blocks: Buffer[] = [];
        const reader = new WholeRowChunker(dialect);
        for (let at = 0, i = 0; at < file.length; i++) {
          const size = sizes[i % sizes.length] as number;
          blocks.push(reader.push(file.subarray(at, at + size)));
          at += size;
        }
        blocks.push(reader.end());
        expect(Buffer.concat(blocks)).toEqual(file);
        expect(blocks.map(countRows).reduce((sum, count) => sum + count, 0)).toBe(countRows(file));
      },
    ),
  );
});
