/** One table of records, written as any mixture of programs might write it, is read back as the same records. */
import fc from 'fast-check';
import { type Schema, wbc, wdbc } from '@cytoqueue/schema';
import iconv from 'iconv-lite';
import { importText } from '../test/imported';

interface Style {
  encoding: string;
  mark: boolean;
  declared: boolean;
  delimiter: ',' | ';' | '\t' | '|';
  lineEnd: '\n' | '\r\n';
  decimal: '.' | ',';
  grouped: boolean;
  preamble: readonly string[];
  below: 'none' | 'units' | 'comment';
  ending: 'none' | 'header' | 'rows' | 'both';
  quoted: boolean;
  junk: readonly ('empty line' | 'empty row' | 'blank row' | 'header')[];
  lastLineEnd: boolean;
  ctrlZ: boolean;
  exponents: boolean;
  chunkBytes: number;
}

const styles: fc.Arbitrary<Style> = fc.record({
  encoding: fc.constantFrom('utf-8', 'utf-8', 'utf-16le', 'utf-16be', 'windows-1252'),
  mark: fc.boolean(),
  declared: fc.boolean(),
  delimiter: fc.constantFrom(',', ';', '\t', '|'),
  lineEnd: fc.constantFrom('\n', '\r\n'),
  decimal: fc.constantFrom('.', ','),
  grouped: fc.boolean(),
  preamble: fc.array(fc.constantFrom('Cytology list', '# exported', '', 'printed 2026-11-02', 'Labor München'), {
    maxLength: 3,
  }),
  below: fc.constantFrom('none', 'units', 'comment'),
  ending: fc.constantFrom('none', 'header', 'rows', 'both'),
  quoted: fc.boolean(),
  junk: fc.array(fc.constantFrom('empty line', 'empty row', 'blank row', 'header'), { maxLength: 4 }),
  lastLineEnd: fc.boolean(),
  ctrlZ: fc.boolean(),
  exponents: fc.boolean(),
  chunkBytes: fc.integer({ min: 1, max: 200 }),
});

/** Names that Windows-1252 text may hold and still be recognised without a declaration. */
const names = fc.constantFrom('Müller', 'José', 'Strauß', 'Meier', 'O’Neill', 'Ümit');
const notes = fc.constantFrom('', 'links', 'a;b,c|d', 'say "x"', 'two\nlines', ' blanks ', 'Ärztin');

interface Table {
  header: string[];
  features: number;
  records: { id: string; values: number[]; name: string; note: string }[];
}

const tableOf = (columns: string[], value: fc.Arbitrary<number>) =>
  fc
    .array(
      fc.record({
        values: fc.array(value, { minLength: columns.length, maxLength: columns.length }),
        name: names,
        note: notes,
      }),
      { minLength: 2, maxLength: 6 },
    )
    .map((records): Table => ({
      header: ['id', ...columns, 'name', 'note'],
      features: columns.length,
      records: records.map((record, index) => ({ id: `P${index + 101}`, ...record })),
    }));

const grades = tableOf(
  wbc.features.map(({ name }) => name),
  fc.integer({ min: 1, max: 10 }),
);
const measurements = tableOf(
  wdbc.features.map(({ name }) => name),
  fc.integer({ min: 1, max: 3_000_000 }).map((thousandths) => thousandths / 1_000),
);

/**
 * Numbers as a style writes them; the first record's with a fraction of two digits, so that a file says what its
 * decimal mark is.
 */
function numberText(value: number, style: Style, first: boolean): string {
  if (Number.isInteger(value) && !first)
    return style.exponents && value < 10 ? `${value}${style.decimal}00E+00` : String(value);
  const [whole, fraction = ''] = (first ? value.toFixed(2) : String(value)).split('.');
  const grouped = style.grouped ? whole.replace(/\B(?=(\d{3})+$)/g, style.decimal === ',' ? '.' : ',') : whole;
  return grouped + style.decimal + fraction;
}

function write({ header, features, records }: Table, style: Style): Buffer {
  const { delimiter, lineEnd } = style;
  const cell = (text: string) =>
    style.quoted || /["\r\n]/.test(text) || text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : text;
  const end = (where: 'header' | 'rows') => (style.ending === where || style.ending === 'both' ? delimiter : '');
  const headerLine = header.map(cell).join(delimiter) + end('header');
  const units =
    ['', ...Array.from({ length: features }, () => '(unit)'), 'text', 'text'].map(cell).join(delimiter) + end('rows');
  const lines = [
    ...style.preamble,
    headerLine,
    ...(style.below === 'units' ? [units] : style.below === 'comment' ? ['# below'] : []),
  ];
  records.forEach(({ id, values, name, note }, index) => {
    const numbers = values.map((value) => numberText(value, style, index === 0));
    lines.push([id, ...numbers, name, note].map(cell).join(delimiter) + end('rows'));
    const junk = style.junk[index];
    if (junk === 'empty line') lines.push('');
    if (junk === 'empty row') lines.push(delimiter.repeat(header.length - 1) + end('rows'));
    if (junk === 'blank row') lines.push(header.map(() => ' ').join(delimiter) + end('rows'));
    if (junk === 'header') lines.push(headerLine);
  });
  const text = lines.join(lineEnd) + (style.lastLineEnd ? lineEnd : '') + (style.ctrlZ ? '\x1a' : '');
  return iconv.encode(text, style.encoding, { addBOM: style.mark && style.encoding.startsWith('utf') });
}

/**
 * Units below a header that alone ends with a delimiter would be a row of their own width, in no file that a program
 * writes.
 */
function isWritable({ ending, below }: Style): boolean {
  return !(ending === 'header' && below === 'units');
}

/** Imports a table that was written in a style; returns what was read and what should be. */
async function readBack(table: Table, style: Style, schema: Schema): Promise<{ actual: unknown; expected: unknown }> {
  const charset = style.declared ? style.encoding : undefined;
  const { read, rows, report } = await importText(write(table, style), {
    charset,
    schema,
    chunkBytes: style.chunkBytes,
  });
  const records = read.map(({ cells, values, fault }) => ({
    id: cells[0],
    values: values.map(Number),
    name: cells[table.features + 1],
    note: cells[table.features + 2],
    fault,
  }));
  const written = table.records.map(({ values, ...record }, index) => ({
    ...record,
    values: index === 0 ? values.map((value) => Number(value.toFixed(2))) : values,
    fault: undefined,
  }));
  return {
    actual: [records, rows, report.delimiter, report.decimal],
    expected: [written, written.length, style.delimiter, style.decimal],
  };
}

test.each([
  ['grades', grades, wbc, 400],
  ['measurements', measurements, wdbc, 150],
])('%s', async (_, tables, schema, numRuns) => {
  await fc.assert(
    fc.asyncProperty(tables, styles.filter(isWritable), async (table, style) => {
      const { actual, expected } = await readBack(table, style, schema);
      expect(actual).toEqual(expected);
    }),
    { numRuns },
  );
});
