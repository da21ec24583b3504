import { wbc } from '@cytoqueue/schema';
import { matchColumnsOrReject } from './match-columns';

test.each([
  ['^', '"^"'],
  ['，', '"，"'],
  ['\u00a0', String.raw`"\u00a0"`],
  ['\u3000', String.raw`"\u3000"`],
  [String.raw`\t`, String.raw`"\\t"`],
])('a header whose names are separated by %j names that separator', (separator, shown) => {
  const header = ['id', ...wbc.features.map(({ name }) => name)].join(separator);
  expect(() => matchColumnsOrReject([header], { schema: wbc }, 1)).toThrow(
    expect.objectContaining({
      detail: `Line 1 seems to separate the columns by ${shown}; use a comma, a semicolon, a tab or a bar.`,
    }),
  );
});
