import type { Feature } from '@cytoqueue/client';
import fc from 'fast-check';
import { parsePastedRow } from './pasted-row';

const NAMES = [
  'clump_thickness',
  'cell_size',
  'cell_shape',
  'adhesion',
  'epithelial_size',
  'bare_nuclei',
  'chromatin',
  'nucleoli',
  'mitoses',
];
const grades: Feature[] = NAMES.map((name, index) => ({
  name,
  title: name.replaceAll('_', ' '),
  description: '',
  low: '',
  high: '',
  aliases: [`v${index + 1}`],
  min: 1,
  max: 10,
  integer: true,
}));
const measured: Feature[] = Array.from({ length: 30 }, (_, index) => ({
  name: `m${index}`,
  title: `M ${index}`,
  description: '',
  low: '',
  high: '',
  aliases: [],
  min: 0,
  max: null,
  integer: false,
}));
const nine = ['5', '4', '4', '3', '4', '?', '4', '3', '1'];
const read = (text: string, features = grades) => parsePastedRow(text, features);

test.each(['\t', ';', ',', '|', ' ', ', '])(
  'nine values with %j between them are a question, because the first could be a record number',
  (separator) => {
    expect(read(`${nine.join(separator)}\n`)).toEqual({
      kind: 'interpretations',
      interpretations: [{ values: nine }],
      certain: false,
    });
  },
);

test.each([
  ['a reference in front', `S24-0001\t${nine.join('\t')}`, 'S24-0001'],
  ['a long number in front', `1000025,${nine.join()}`, '1000025'],
  ['a reference in front and a class behind', `1000025,${nine.join()},malignant`, '1000025'],
  ['a separator at the end', `S24-0001;${nine.join(';')};`, 'S24-0001'],
  ['line ends', `\r\nS24-0001\t${nine.join('\t')}\t\r\n\r\n`, 'S24-0001'],
  ['a header', `id,${NAMES.join()}\nS24-0001,${nine.join()}`, 'S24-0001'],
  [
    'a header with aliases',
    `ID;${NAMES.map((_, i) => `V${i + 1}`).join(';')};Class\nS24-0001;${nine.join(';')};2`,
    'S24-0001',
  ],
  ['a column', ['S24-0001', ...nine].join('\n'), 'S24-0001'],
  [
    'names and values in two columns',
    `Sample id\tS24-0001\n${nine.map((value, i) => `${NAMES[i]}\t${value}`).join('\n')}`,
    'S24-0001',
  ],
])('one record with %s fills every field', (_kind, text, reference) => {
  expect(read(text)).toMatchObject({
    kind: 'interpretations',
    certain: true,
    interpretations: [{ values: nine, reference }],
  });
});

test('a header in another order puts each value under its own name', () => {
  const order = [8, 0, 1, 2, 3, 4, 5, 6, 7];
  const text = `${order.map((i) => NAMES[i]).join('\t')}\n${order.map((i) => nine[i]).join('\t')}`;
  expect(read(text)).toMatchObject({ certain: true, interpretations: [{ values: nine }] });
});

test('an empty cell in a row with a reference stays empty, in its place', () => {
  expect(read('S24-0001,5,4,4,3,4,,4,3,1')).toMatchObject({
    interpretations: [{ values: ['5', '4', '4', '3', '4', '', '4', '3', '1'] }],
  });
});

test('a blank line in a column is an empty cell, and the values behind it stay in their places', () => {
  const values = ['5', '4', '', '3', '4', '2', '4', '3', '1'];
  expect(read(['S24-0001', ...values, ''].join('\n'))).toEqual({
    kind: 'interpretations',
    certain: true,
    interpretations: [{ values, reference: 'S24-0001' }],
  });
  expect(read([...values, '2'].join('\n'))).toMatchObject({
    certain: false,
    interpretations: [
      { values: ['4', '', '3', '4', '2', '4', '3', '1', '2'], reference: '5' },
      { values, notUsed: '2' },
    ],
  });
  expect(read(['S24-0001', ...values, '2'].join('\r\n'))).toEqual({
    kind: 'interpretations',
    certain: false,
    interpretations: [{ values, reference: 'S24-0001', notUsed: '2' }],
  });
  expect(read(['', 'S24-0001', ...nine].join('\n'))).toMatchObject({ kind: 'refused' });
});

test.each([
  ['between spaces, which hold no empty cell, and a class at the end', '1057013 8 4 5 1 2 7 3 1 4', '8'],
  ['between spaces, with a reference of two words', 'S24 7 5 4 4 3 4 5 4 3', '7'],
  ['and a class at the end', 'S24-0001\t8\t4\t5\t1\t2\t7\t3\t1\t4', '8'],
])('a row that may lack a value, %s, is a question', (_kind, text, first) => {
  const result = read(text);
  expect(result).toMatchObject({ certain: false, interpretations: [{ values: expect.arrayContaining([first]) }] });
});

test('a column with another name than a known identifier is a question that shows what is not used', () => {
  const question = (text: string) => expect(read(text)).toMatchObject({ certain: false });
  question(`Fallnummer\t${NAMES.join('\t')}\nS24-0001\t${nine.join('\t')}`);
  expect(read(`Fallnummer,${NAMES.join()},Class\nS24-0001,${nine.join()},2`)).toEqual({
    kind: 'interpretations',
    certain: false,
    interpretations: [{ values: nine, notUsed: 'Fallnummer: S24-0001' }],
  });
  expect(read(`id,Reader,${NAMES.join()}\nS24-0001,Lee,${nine.join()}`)).toMatchObject({
    certain: true,
    interpretations: [{ values: nine, reference: 'S24-0001' }],
  });
});

test('invisible marks and full-width digits are read as what they show', () => {
  const marked = nine.map((value) => `\u200E${value}\u200B`).join('\t');
  const wide = nine.join('\t').replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));
  expect(read(`\uFEFFS24-0001\u200B\t${marked}`)).toMatchObject({
    certain: true,
    interpretations: [{ values: nine, reference: 'S24-0001' }],
  });
  expect(read(`S24-0001\t${wide}`)).toMatchObject({ certain: true, interpretations: [{ reference: 'S24-0001' }] });
});

test('bars around a row add no empty cells', () => {
  expect(read(`| S24-0001 | ${nine.join(' | ')} |`)).toEqual({
    kind: 'interpretations',
    certain: true,
    interpretations: [{ values: nine, reference: 'S24-0001' }],
  });
  expect(read(`|${nine.join('|')}|`)).toMatchObject({
    certain: false,
    interpretations: expect.arrayContaining([{ values: nine }]),
  });
});

test('ten values give a choice of both interpretations, none of them selected', () => {
  expect(read(`3,${nine.join()}`)).toMatchObject({ kind: 'interpretations', certain: false });
  const both = read('3,5,4,4,3,4,5,4,3,1');
  expect(both).toEqual({
    kind: 'interpretations',
    certain: false,
    interpretations: [
      { values: ['5', '4', '4', '3', '4', '5', '4', '3', '1'], reference: '3' },
      { values: ['3', '5', '4', '4', '3', '4', '5', '4', '3'], notUsed: '1' },
    ],
  });
});

test.each([
  ['a reference and eight values', `S24-0001\t${nine.slice(1).join('\t')}`, /Cell 1 does not fit clump thickness/],
  ['eight values', nine.slice(1).join(), /Found 8 cells for 9 fields; nothing was filled in/],
  ['a value out of range', `S24-0001,5,4,4,3,4,11,4,3,1`, /Found 10 cells for 9 fields/],
  ['thirteen cells', `${nine.join()},1,2,3,4`, /Found 13 cells/],
  ['two records', `${nine.join()}\n${nine.join()}`, /2 lines that are not one record.*upload a file/],
  ['a header that names another table', `a,b,c,d,e,f,g,h,i\n${nine.join()}`, /2 lines/],
  ['a header and a row that is one short', `id,${NAMES.join()}\nS24-0001,${nine.slice(1).join()}`, /2 lines/],
  ['a header that names a feature twice', `${NAMES.join()},v1\n${nine.join()},5`, /2 lines/],
  ['a reference that is too long', `${'x'.repeat(257)}\t${nine.join('\t')}`, /Found 10 cells for 9 fields/],
  ['a number of four digits as a grade', '0007,5,4,4,3,4,5,4,3', /Cell 1 does not fit/],
  ['nothing', ' \n ', /no text/],
])('%s: nothing is filled in', (_kind, text, reason) => {
  expect(read(text)).toEqual({ kind: 'refused', reason: expect.stringMatching(reason) });
});

test('a number after the values may be a class or a surplus cell, so the user must choose', () => {
  expect(read(`1000025,${nine.join()},2`)).toEqual({
    kind: 'interpretations',
    certain: false,
    interpretations: [{ values: nine, reference: '1000025', notUsed: '2' }],
  });
});

test('one value is pasted into the field', () => expect(read(' 5\n')).toEqual({ kind: 'value', text: '5' }));

describe('measurements', () => {
  const thirty = measured.map((_, i) => `${i + 10},${i}5`);
  test.each(['\t', ';', ' '])('with decimal commas and %j between them are read as decimals', (separator) => {
    expect(read(`842302x${separator}${thirty.join(separator)}`, measured)).toMatchObject({
      certain: separator !== ' ',
      interpretations: [{ values: thirty, reference: '842302x' }],
    });
  });
  test('with decimal commas and commas between them are refused', () => {
    expect(read(thirty.join(), measured)).toMatchObject({ kind: 'refused' });
  });
  test('with a number in front give a choice', () => {
    expect(read(`842302\t${thirty.join('\t')}`, measured)).toEqual({
      kind: 'interpretations',
      certain: false,
      interpretations: [{ values: thirty, reference: '842302' }],
    });
  });
});

/** Every unambiguous reading of a damaged row has each value at its own feature. */
test('no damaged row is read unambiguously with a value at another feature', () => {
  const value = fc.constantFrom('1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '?');
  const separator = fc.constantFrom('\t', ';', ',', '|', ' ');
  const reference = fc.constantFrom('S24-0001', '1000025', '7', '');
  const edit = fc.oneof(
    fc.record({ kind: fc.constant('drop' as const), at: fc.nat(9) }),
    fc.record({ kind: fc.constant('insert' as const), at: fc.nat(10), text: fc.constantFrom('', '0', '11', 'x', '5') }),
    fc.constant({ kind: 'none' as const }),
  );
  const classes = fc.constantFrom([], ['2'], ['4'], ['benign'], ['M']);
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 9, maxLength: 9 }),
      reference,
      classes,
      separator,
      edit,
      fc.constantFrom('', '\n', '\r\n', '\t'),
      (values, name, label, by, change, end) => {
        const cells: string[] = [...(name === '' ? [] : [name]), ...values, ...label];
        if (change.kind === 'drop') cells.splice(change.at, 1);
        if (change.kind === 'insert') cells.splice(change.at, 0, change.text);
        const result = parsePastedRow(cells.join(by) + end, grades);
        if (result.kind !== 'interpretations' || !result.certain) return;
        // A duplicated cell equals its neighbour, so compare the values, not the position.
        expect(result.interpretations[0].values).toEqual(values);
      },
    ),
    { numRuns: 2_000 },
  );
});
