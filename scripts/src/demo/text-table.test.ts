import { textTable } from './text-table';

it('aligns numbers right and words left', () => {
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
