/** @jest-environment jsdom */
import type { FileDrift } from '@cytoqueue/client';
import { screen } from '@testing-library/dom';
import { renderPage } from '../page.test.fixtures';
import { DriftBanner } from './drift-banner';

const render = (drift: FileDrift, isScored = true) => renderPage(<DriftBanner drift={drift} isScored={isScored} />);
const items = () => screen.getAllByRole('listitem').map(({ textContent }) => textContent);

test('a file unlike the training data is an alert that names columns, likely cause and effect size', () => {
  render({
    verdict: 'unlike_training',
    columns: [
      { column: 'radius_mean', cause: 'magnification', effect_size: 2.04 },
      { column: 'area_mean', cause: 'magnification', effect_size: 1.21 },
      { column: 'texture_mean', effect_size: 0.6 },
    ],
  });
  expect(screen.getByRole('alert').textContent).toContain('unlike the training data. Do not rely on its results.');
  expect(items()).toEqual([
    'Radius mean, Area mean: probably another magnification or pixel size. Effect size 1.2 to 2 standard deviations.',
    'Texture mean: graded or measured differently. Possible causes are another reader, another stain or other patients. Effect size 0.6 standard deviations.',
  ]);
});

test('before the file is scored the alert says not to score it', () => {
  render({ verdict: 'unlike_training', columns: [] }, false);
  expect(screen.getByRole('alert').textContent).toMatch(/Do not score it.*No single column stands out/);
});

test('a file that differs is a warning', () => {
  render({ verdict: 'differs', columns: [{ column: 'bare_nuclei', cause: 'constant', effect_size: 1 }] });
  expect(screen.queryByRole('alert')).toBeNull();
  expect(screen.getByRole('heading').textContent).toBe('This file differs from the training data');
});

test.each([
  ['like_training', /Similar to the training data/],
  ['too_few_rows', /Too few rows to compare/],
] as const)('%s is one line', (verdict, text) => {
  render({ verdict, columns: [] });
  expect(screen.getByText(text)).toBeTruthy();
  expect(screen.queryByRole('heading')).toBeNull();
});
