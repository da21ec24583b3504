import type { Feature } from '@cytoqueue/client';
import { readPasted } from './pasting';

const features: Feature[] = Array.from({ length: 9 }, (_, index) => (
  { name: `f${index}`, title: '', description: '', low: '', high: '', aliases: [], min: 1, max: 10, integer: true }
));
const paste = (text: string, field = 0) => readPasted(text, features, field);
const nine = ['5', '4', '4', '3', '4', '?', '4', '3', '1'];

test.each(['\t', ';', ',', '|', ' ', ', '])('nine cells with %j between fill the nine fields', (separator) => {
  expect(paste(`${nine.join(separator)}\n`)).toMatchObject({ cells: nine, start: 0 });
});

test('empty cells are kept in their places', () => {
  expect(paste('5,4,4,3,4,,4,3,1')).toMatchObject({ cells: ['5', '4', '4', '3', '4', '', '4', '3', '1'] });
});

test('an identifier before the values becomes the reference, a class behind them is left out', () => {
  expect(paste(`1000025,${nine.join()},2`)).toMatchObject({ cells: nine, reference: '1000025' });
  expect(paste(`1000025;${nine.join(';')}`)).toMatchObject({ cells: nine, reference: '1000025' });
  expect(paste(`${nine.join('\t')}\tmalignant`)).toMatchObject({ cells: nine });
});

test('a line whose values are not plain to find is refused rather than shifted', () => {
  expect(paste(`${nine.join()},2`)).toMatchObject({ refusal: expect.stringContaining('10 cells') });
  expect(paste(`3,${nine.join()},2`)).toMatchObject({ refusal: expect.stringContaining('11 cells') });
  expect(paste(`${nine.join()},1,2,3,4`)).toHaveProperty('refusal');
  expect(paste(`${nine.join()}\n${nine.join()}`)).toMatchObject({ refusal: expect.stringContaining('2 lines') });
});

test('a part fills from the field it is pasted into, if it fits', () => {
  expect(paste('3,4,5', 2)).toMatchObject({ cells: ['3', '4', '5'], start: 2 });
  expect(paste('3,4,5', 7)).toHaveProperty('refusal');
});

test('one value is no line', () => expect(paste('5')).toBeUndefined());
