/** @jest-environment jsdom */
import type { PredictionResult } from '@cytoqueue/client';
import { screen } from '@testing-library/dom';
import { GRADES_MODEL, renderPage } from '../../page.test.fixtures';
import { FlipPanel } from './flip-panel';

function renderFlip(
  outcome: PredictionResult['outcome'],
  probabilityAfter: number | undefined,
  reasons: string[] = [],
  version = GRADES_MODEL,
): string {
  const flip = probabilityAfter !== undefined && {
    changes: [{ feature: 'mitoses', from: 1, to: 3 }],
    total_change: 2,
    predicted_class: 'malignant' as const,
    probability_malignant: probabilityAfter,
  };
  const result: PredictionResult = {
    predicted_class: 'benign',
    probability_malignant: 0.03,
    operating_point: { name: 'default', threshold: 0.5 },
    outcome,
    reasons,
    missing_features: [],
    neighbors: [],
    evidence: { conformal: null, shapley: { base: 0, values: {} }, missing: null, flip: flip || null },
  };
  renderPage(<FlipPanel result={result} version={version} />);
  return screen.queryByRole('region', { name: 'How firm the result is' })?.textContent ?? '';
}

test.each([
  ['confident', 0.6, 'would make the result undecided'],
  ['confident', 0.97, 'would make the result likely malignant'],
  ['indeterminate', 0.97, 'would make the result likely malignant'],
  ['confident', undefined, 'No change of one or two features'],
] as const)('a %s result that a change takes to %s says so', (outcome, after, text) => {
  expect(renderFlip(outcome, after)).toContain(text);
});

test.each([0.6, undefined])('an undecided result has no change to %s, which would stay undecided', (after) => {
  expect(renderFlip('indeterminate', after)).toBe('');
});

test('a record that is undecided because it is unusual has no change, for it may stay unusual', () => {
  expect(renderFlip('indeterminate', 0.97, ['The record is unlike the benign training cases.'])).toBe('');
});

test('a result of a model of grades for which no change is searched does not say that there is none', () => {
  const text = renderFlip('confident', undefined, [], { ...GRADES_MODEL, flip_searched: false });
  expect(text).toContain('Not computed for this model.');
  expect(text).not.toContain('No change');
});
