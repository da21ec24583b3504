import { textTable } from './text-table';

it('lines numbers up to the right and words to the left', () => {
  expect(
    textTable(
      ['name', 'n'],
      [
        ['a', 1],
        ['long name', 10],
      ],
    ),
  ).toBe(['name        n', 'a           1', 'long name  10'].join('\n'));
});
