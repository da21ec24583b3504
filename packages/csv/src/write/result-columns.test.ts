import { resultColumns, uniqueColumnNames } from './result-columns';

const RESULT_COLUMNS = resultColumns('probability_malignant');

test('added columns keep their names where the input has none of them', () => {
  expect(uniqueColumnNames(RESULT_COLUMNS, ['id', 'class', 'Row'])).toEqual(RESULT_COLUMNS);
});

test('a name that the input already has is prefixed, as often as it takes', () => {
  expect(uniqueColumnNames(['row', 'model'], ['row', 'cytoqueue_row', 'x'])).toEqual([
    'cytoqueue_cytoqueue_row',
    'model',
  ]);
});
