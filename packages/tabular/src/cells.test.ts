import { type NumberFormat, canonicalNumber, contradictsFormat, decideNumberFormat, looksNumeric } from './cells';

const POINT: NumberFormat = { decimal: '.', grouped: false };
const POINT_GROUPED: NumberFormat = { decimal: '.', grouped: true };
const COMMA: NumberFormat = { decimal: ',', grouped: true };

describe('the number format of a file', () => {
  test.each<[string[], number, NumberFormat | 'ambiguous']>([
    [['1', '2', 'x', ''], 1e9, POINT],
    [['17.99', '1001'], 1e9, POINT],
    [['1.001', '2'], 1e9, POINT],
    [['17,99', '1001'], 1e9, COMMA],
    [['4,0', '1'], 10, COMMA],
    [['4,000', '1,000'], 10, COMMA],
    [['1.234,5'], 1e9, COMMA],
    [['1.001', '0,5'], 1e9, COMMA],
    [['4,00E+00'], 10, COMMA],
    [[',1184', '1001'], 1e9, COMMA],
    [['.1184', ',5', '.2'], 1e9, POINT],
    [['1,234.5'], 1e9, POINT_GROUPED],
    [['1,234', '17.99'], 1e9, POINT_GROUPED],
    [['1,234,567'], 1e9, POINT_GROUPED],
    [['1 234.5', '1\u202f234'], 1e9, POINT_GROUPED],
    [['1 234,5'], 1e9, COMMA],
    [['1,234', '2,345'], 1e9, 'ambiguous'],
  ])('%j with values up to %d is %j', (cells, largest, expected) => {
    const { ambiguous, ...format } = decideNumberFormat(cells, largest);
    expect(ambiguous ? 'ambiguous' : format).toEqual(expected);
  });

  test('is the declared one where one is declared', () => {
    expect(decideNumberFormat(['1,234'], 1e9, ',')).toEqual({ ...COMMA, ambiguous: false });
    expect(decideNumberFormat(['1,234'], 1e9, '.')).toEqual({ ...POINT_GROUPED, ambiguous: false });
  });
});

test.each<[string, NumberFormat, string]>([
  ['4,0', COMMA, '4.0'],
  [' -4,5 ', COMMA, '-4.5'],
  ['1.001', COMMA, '1001'],
  ['1.234.567,8', COMMA, '1234567.8'],
  ['1 234,5', COMMA, '1234.5'],
  ["1'234,5", COMMA, '1234.5'],
  ['4,00E+00', COMMA, '4.00E+00'],
  [',1184', COMMA, '.1184'],
  ['-,5E-02', COMMA, '-.5E-02'],
  [',', COMMA, ','],
  ['４,５', COMMA, '4.5'],
  ['4;5', COMMA, '4;5'],
  ['1.00,5', COMMA, '1.00,5'],
  ['?', COMMA, '?'],
  ['1,234.5', POINT_GROUPED, '1234.5'],
  ['1,23', POINT_GROUPED, '1,23'],
  ['1,001', POINT, '1,001'],
  ['1.001', POINT, '1.001'],
])('%j in %j is %j', (cell, format, canonical) => {
  expect(canonicalNumber(cell, format)).toBe(canonical);
});

test.each<[string, NumberFormat, boolean]>([
  ['17.99', COMMA, true],
  ['1.5E+00', COMMA, true],
  ['1.001', COMMA, false],
  ['.1184', COMMA, true],
  ['17,99', COMMA, false],
  ['x', COMMA, false],
  ['17.99', POINT, false],
])('whether %j contradicts %j: %j', (cell, format, expected) => {
  expect(contradictsFormat(cell, format)).toBe(expected);
});

test.each([
  ['1', true],
  ['-1.5', true],
  ['1,5', true],
  ['1.234,5', true],
  ['4.00E+00', true],
  ['１', true],
  ['.5', true],
  [',5', true],
  ['5.', true],
  ['5.e0', true],
  ['.', false],
  [',', false],
  ['e5', false],
  ['1-10', false],
  ['?', false],
  ['V1', false],
  ['', false],
  ['µm', false],
])('%j looks like a number: %j', (text, expected) => {
  expect(looksNumeric(text)).toBe(expected);
});
