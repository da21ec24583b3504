import fc from 'fast-check';
import { ByteWriter, type Dialect, WasmRowReader, ResultCache } from '..';

const DIALECT: Dialect = { delimiter: ',', lineEnd: '\n', bom: false };
const OPTIONS = { columns: 3, featureColumns: [1, 2], maxValue: 10, missingTokens: [''] };

function create() {
  const kernel = new WasmRowReader();
  return { kernel, texts: new ResultCache(kernel) };
}

/** Reads the lines, gives new samples a text, and writes what can be written. */
function writeLines(
  { kernel, texts }: ReturnType<typeof create>,
  lines: readonly string[],
  textOf: (values: string) => string,
  lineEnd: Dialect['lineEnd'] = '\n',
) {
  const { rows, values } = kernel.read(Buffer.from(lines.join(lineEnd)), { ...DIALECT, lineEnd }, OPTIONS);
  const samples = values.slice();
  texts.lookup(values, rows);
  const unanswered = Array.from(texts.misses);
  texts.fillMisses((writer, sample) => writer.ascii(textOf(samples.subarray(sample * 2, sample * 2 + 2).join())));
  const writer = new ByteWriter(16);
  const reached = texts.writeCachedRows(writer, 0, 0, 98);
  return { written: Buffer.from(writer.view()).toString(), reached, unanswered };
}

const marked = (values: string) => `,<${values}>`;

test('a row is its bytes, its number, the text of its values and its line end', () => {
  const { written, reached } = writeLines(create(), ['x,1,2', 'longer than eight,10,3', ',,7'], marked, '\r\n');
  expect(written).toBe('x,1,2,98,<1,2>\r\nlonger than eight,10,3,99,<10,3>\r\n,,7,100,<0,7>\r\n');
  expect(reached).toBe(3);
});

test('samples met before keep their text, whatever the next shard would give them', () => {
  const one = create();
  expect(writeLines(one, ['a,1,2', 'b,3,4', 'c,1,2'], marked).unanswered).toEqual([0, 1]);
  const { written, unanswered } = writeLines(one, ['d,3,4', 'e,5,6', 'f,1,2'], () => ',new');
  expect(unanswered).toEqual([1]);
  expect(written).toBe('d,3,4,98,<3,4>\ne,5,6,99,new\nf,1,2,100,<1,2>\n');
  one.texts.clear();
  expect(writeLines(one, ['g,1,2'], () => ',forgotten').written).toBe('g,1,2,98,forgotten\n');
});

test('stops at a row that is not verbatim, and goes on after it', () => {
  const { kernel, texts } = create();
  const { rows, values } = kernel.read(Buffer.from('a,1,2\n"b",1,2\n=c,1,2\nd,1,2'), DIALECT, OPTIONS);
  const samples = Uint8Array.of(1, 2, 1, 2, 1, 2, 1, 2);
  expect([rows, ...values]).toEqual([4, 1, 2, 0, 0, 1, 2, 1, 2]);
  texts.lookup(samples, rows);
  texts.fillMisses((writer) => writer.ascii(',t'));
  const writer = new ByteWriter();
  expect([0, 1, 2, 3].map((row) => texts.writeCachedRows(writer, row, row, row + 1))).toEqual([1, 1, 2, 4]);
  expect(Buffer.from(writer.view()).toString()).toBe('a,1,2,1,t\nd,1,2,4,t\n');
});

test('more rows than the output holds at once, and a row that it cannot hold', () => {
  const one = create();
  const lines = Array.from({ length: 20_000 }, (_, row) => `row ${row},${1 + (row % 10)},2`);
  expect(writeLines(one, lines, marked).written).toBe(
    lines.map((line, row) => `${line},${98 + row},<${1 + (row % 10)},2>\n`).join(''),
  );
  const { written, reached } = writeLines(one, ['a,1,2', `${'x'.repeat(200_000)},1,2`, 'b,1,2'], marked);
  expect([written, reached]).toEqual(['a,1,2,98,<1,2>\n', 1]);
});

test('texts that find no room leave their rows to the caller, and nothing is mistaken for them later', () => {
  const one = create();
  const lines = Array.from({ length: 100 }, (_, row) => `r,${1 + Math.floor(row / 10)},${1 + (row % 10)}`);
  const long = (values: string) => `,${values}${'-'.repeat(100_000)}`;
  const first = writeLines(one, lines, long);
  expect(first.reached).toBeGreaterThan(50);
  expect(first.reached).toBeLessThan(100);
  // All have an entry, and none is given another text.
  const second = writeLines(one, lines, marked);
  expect([second.unanswered, second.reached]).toEqual([[], first.reached]);
  expect(second.written).toBe(first.written);
  expect(writeLines(one, ['new,10,', 'x,1,1'], marked)).toMatchObject({ written: '', reached: 0, unanswered: [0] });
});

test('any rows come out as they were put together by hand, whatever was met before', () => {
  const one = create();
  const line = fc.tuple(
    fc.stringMatching(/^[a-z ]{0,20}$/),
    fc.integer({ min: 0, max: 10 }),
    fc.integer({ min: 1, max: 10 }),
  );
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 50 }), (rows) => {
      const lines = rows.map(([text, a, b]) => `${text},${a === 0 ? '' : a},${b}`);
      const expected = rows.map(([, a, b], row) => `${lines[row]},${98 + row},<${a},${b}>\n`).join('');
      expect(writeLines(one, lines, marked).written).toBe(expected);
    }),
  );
});
