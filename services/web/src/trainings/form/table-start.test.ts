import { readTableStart } from './table-start';

const file = (...parts: ConstructorParameters<typeof File>[0]) => new File(parts, 'cases.csv');
const utf16 = (text: string) => new Uint8Array(Buffer.from(`\ufeff${text}`, 'utf16le'));

test.each([
  ['semicolons and decimal commas', file('Fall;Größe;Befund\n1;2,5;gut\n')],
  ['an encoding of Western Europe', file(Buffer.from('Fall;Größe;Befund\n1;2,5;gut\n', 'latin1'))],
  ['UTF-16 with tabs, as spreadsheets export it', file(utf16('Fall\tGröße\tBefund\r\n1\t2,5\tgut\r\n'))],
  ['a title and an empty line above the header', file('Export of May\n\nFall; Größe ;Befund\n1;2,5;gut\n')],
])('the header and rows of a file with %s are read', async (_, cases) => {
  expect(await readTableStart(cases)).toEqual({
    columns: ['Fall', 'Größe', 'Befund'],
    rows: [['1', '2,5', 'gut']],
    isComplete: true,
  });
});

test.each([
  ['a workbook', file('PK\u0003\u0004')],
  ['Parquet', file('PAR1')],
  ['JSON Lines', file('{"a": 1}\n')],
  ['binary data', file(new Uint8Array([65, 0, 66, 10]))],
  ['one column', file('a\n1\n2\n')],
])('%s is not read as a table', async (_, cases) => {
  expect(await readTableStart(cases)).toBeUndefined();
});

test('of a large file, the row that is cut is left out', async () => {
  const row = `${'1'.repeat(990)},äußerst\n`;
  const table = await readTableStart(file('value,class\n', row.repeat(5_000)));
  expect(table?.isComplete).toBe(false);
  expect(table?.rows.length).toBeGreaterThan(3_900);
  expect(new Set(table?.rows.map(([, className]) => className))).toEqual(new Set(['äußerst']));
});
