import type { Feature } from '@cytoqueue/client';
import { parseFeatureValue } from './feature-value';

const words = { title: '', description: '', low: '', high: '', aliases: [] };
const grade: Feature = { name: 'mitoses', ...words, min: 1, max: 10, integer: true };
const area: Feature = { name: 'mean_area', ...words, min: 0, max: null, integer: false };

test.each([
  ['5', 5],
  [' 10 ', 10],
  ['1', 1],
  ['5.', 5],
  ['+5', 5],
  ['5.0', 5],
])('%j is a grade', (text, value) => {
  expect(parseFeatureValue(text, grade)).toEqual({ kind: 'value', value });
});

test.each(['?', 'NA', 'nan'])('%j is not measured', (text) => {
  expect(parseFeatureValue(text, grade)).toEqual({ kind: 'missing' });
});

test.each([
  ['11', 'too high'],
  ['0', 'too low'],
  ['-3', 'too low'],
  ['5.5', 'not a whole number'],
  ['five', '“five”'],
])('%j is invalid, with a reason', (text, why) => {
  expect(parseFeatureValue(text, grade)).toEqual({ kind: 'invalid', message: expect.stringContaining(why) });
});

test('an empty field is none of these', () => expect(parseFeatureValue('  ', grade)).toEqual({ kind: 'empty' }));

test('measurements have no maximum, and a decimal comma is accepted', () => {
  expect(parseFeatureValue('1001,5', area)).toEqual({ kind: 'value', value: 1001.5 });
  expect(parseFeatureValue('-1', area).kind).toBe('invalid');
});
