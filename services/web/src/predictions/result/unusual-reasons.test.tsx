/** @jest-environment jsdom */
import type { Evidence } from '@cytoqueue/client';
import { screen } from '@testing-library/dom';
import { GRADES_MODEL, renderPage } from '../../page.test.fixtures';
import { UnusualReasons } from './unusual-reasons';

type Unusual = NonNullable<Evidence['unusual']>;

const UNUSUAL: Unusual = {
  compared_with: 'benign',
  distance_over_limit: 0.5,
  magnification: null,
  outside_training_range: [],
  unexpected: [],
};
const reasons = (changes: Partial<Unusual>) => {
  renderPage(<UnusualReasons unusual={{ ...UNUSUAL, ...changes }} features={GRADES_MODEL.features} />);
  return screen.queryAllByRole('listitem').map(({ textContent }) => textContent);
};

test('a value outside the training range is named with the range, and only once', () => {
  const outside = { feature: 'mitoses', value: 25.6789, lowest: 1, highest: 10 };
  const unexpected = { feature: 'mitoses', value: 25.6789, expected: 1, deviations: 9 };
  expect(reasons({ outside_training_range: [outside], unexpected: [unexpected] })).toEqual([
    'Mitoses is 25.7; the training cases have 1 to 10.',
  ]);
});

test('the three oddest values are named with what the other values lead to expect', () => {
  const unexpected = ['mitoses', 'bare_nuclei', 'clump_thickness', 'bland_chromatin'].map((feature) => ({
    feature,
    value: 9,
    expected: 1.2345,
    deviations: 4,
  }));
  const found = reasons({ unexpected });
  expect(found).toHaveLength(3);
  expect(found[1]).toBe('Bare nuclei is 9; with the other values about 1 would be usual.');
});

test('magnification and distance are stated where they are beyond their limits', () => {
  expect(reasons({ magnification: 2.04, distance_over_limit: 1.31 })).toEqual([
    expect.stringContaining('a magnification 2.04 times that of the training cases'),
    expect.stringContaining('1.31 times as far from the benign training cases'),
  ]);
});
