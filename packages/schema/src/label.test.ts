import { parseLabel, wbc, wdbc } from './index';

test.each([
  ['2', 0], ['4', 1], ['benign', 0], ['Malignant', 1], ['B', 0], ['m', 1], [' 4 ', 1],
  ['3', undefined], ['', undefined], ['0', undefined], ['1', undefined],
])('Original: %j is %s', (text, label) => expect(parseLabel(text, wbc)).toBe(label)); // prettier-ignore

test.each([
  ['B', 0],
  ['M', 1],
  ['benign', 0],
  ['MALIGNANT', 1],
  ['2', undefined],
  ['4', undefined],
])('Diagnostic: %j is %s', (text, label) => expect(parseLabel(text, wdbc)).toBe(label));
