/** @jest-environment jsdom */
import { problem } from '../../page.test.fixtures';
import { sheetsOf } from './sheet-choice';

test.each([
  [
    'several-sheets',
    'The workbook has 2 sheets with rows: "Data, 2026", "Old" (hidden). Choose one by sheet=NAME, or delete the others.',
    ['Data, 2026', 'Old'],
  ],
  ['sheet-not-found', 'The workbook has no sheet "x". Its sheets: "A", "B" and 3 more.', ['A', 'B']],
  ['several-sheets', 'Another sentence.', []],
])('the sheets that a refusal with %s names', (code, detail, sheets) => {
  expect(sheetsOf(problem(422, { errors: [{ code, detail }] }))).toEqual(sheets);
});
