/** @jest-environment jsdom */
import type { Prediction, PredictionResult, Session } from '@cytoqueue/client';
import { screen, within } from '@testing-library/dom';
import { Link } from 'react-router';
import { noRetryClient } from '../../api/clients';
import { GRADES_MODEL, problem, renderPage } from '../../page.test.fixtures';
import { useDefaults } from '../../models/model-queries';
import { DraftProvider, useDraft } from '../form/draft-context';
import { PredictionPage } from './prediction-page';
import { RecordActions } from './record-actions';

const VALUES = Object.fromEntries(GRADES_MODEL.features.map(({ name }) => [name, 1]));

function scoredRecord(id: string): Prediction {
  return {
    id,
    status: 'succeeded',
    created_at: '2026-11-27T08:00:00Z',
    sample_id: `sample ${id}`,
    model: { name: 'wbc-knn', version: '1.0.0', digest: 'sha256:0' },
    features: VALUES,
    result: {
      predicted_class: 'benign',
      probability_malignant: 0.1,
      operating_point: { name: 'default', threshold: 0.5 },
      outcome: 'confident',
      reasons: [],
      missing_features: [],
      neighbors: [{ training_row: 1, class: 'benign', distance: 0, features: VALUES }],
      evidence: { conformal: null, shapley: { base: 0.1, values: {} }, missing: null, flip: null },
    },
    links: { self: `/v1/predictions/${id}` },
  };
}

afterEach(() => jest.restoreAllMocks());

test('the probability of an unusual record is shown with the warning that it says little', async () => {
  const record = scoredRecord('a');
  const unusual = {
    compared_with: 'malignant',
    distance_over_limit: 4.24,
    magnification: null,
    outside_training_range: [],
    unexpected: [{ feature: 'uniformity_of_cell_shape', value: 1, expected: 6.62, deviations: 4 }],
  };
  jest.spyOn(noRetryClient, 'getPrediction').mockResolvedValue({
    ...record,
    result: {
      ...(record.result as PredictionResult),
      predicted_class: 'malignant',
      probability_malignant: 0.969,
      outcome: 'indeterminate',
      reasons: ['The record is unlike those the model has seen.'],
      evidence: { conformal: null, shapley: { base: 0.1, values: {} }, missing: null, flip: null, unusual },
    },
  });
  jest.spyOn(noRetryClient, 'getModelVersion').mockResolvedValue(GRADES_MODEL);
  jest.spyOn(noRetryClient, 'listReviews').mockResolvedValue({ data: [], has_more: false, last_id: null });
  renderPage(<PredictionPage />, '/predictions/:id', '/predictions/a');
  await screen.findByText(/its probability of malignancy \(96\.9\s%\) says little; treat as undecided/);
  expect(screen.queryByText(/The model favours/)).toBeNull();
  expect(screen.getByText(/do not rely on these figures/)).toBeTruthy();
  expect(screen.getByText(/with the other values about 7 would be usual/)).toBeTruthy();
});

test('a record whose model version was deleted keeps its result and values', async () => {
  jest.spyOn(noRetryClient, 'getPrediction').mockResolvedValue(scoredRecord('a'));
  jest.spyOn(noRetryClient, 'getModelVersion').mockRejectedValue(problem(404));
  renderPage(<PredictionPage />, '/predictions/:id', '/predictions/a');
  await screen.findByText(/^The model version that scored this record was deleted/);
  screen.getByRole('heading', { name: /benign/i, level: 2 });
  const values = screen.getByRole('region', { name: 'Values of this record' });
  expect(within(values).getAllByRole('definition')).toHaveLength(9);
  expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull();
});

test('a review that was begun for one record does not appear under the next one', async () => {
  jest.spyOn(noRetryClient, 'getPrediction').mockImplementation((id) => Promise.resolve(scoredRecord(id)));
  jest.spyOn(noRetryClient, 'getModelVersion').mockResolvedValue(GRADES_MODEL);
  jest.spyOn(noRetryClient, 'listReviews').mockResolvedValue({ data: [], has_more: false, last_id: null });
  const page = (
    <>
      <Link to="/predictions/a">first</Link>
      <Link to="/predictions/b">second</Link>
      <PredictionPage />
    </>
  );
  const user = renderPage(page, '/predictions/:id', '/predictions/b');
  const open = async (link: string, title: string): Promise<void> => {
    await user.click(screen.getByText(link));
    await screen.findByText(title);
    await screen.findByText('Your decision');
  };
  await open('first', 'sample a');
  await user.click(screen.getByLabelText('Malignant'));
  await user.type(screen.getByLabelText('Note (optional)'), 'seen twice');
  // Both records are cached by now, as after a step in the browser's history.
  await open('second', 'sample b');
  expect(screen.getByLabelText<HTMLInputElement>('Malignant').checked).toBe(false);
  expect(screen.getByLabelText<HTMLTextAreaElement>('Note (optional)').value).toBe('');
});

test('an edited record keeps the threshold it was scored with, and a new record has the settings again', async () => {
  jest
    .spyOn(noRetryClient, 'session')
    .mockResolvedValue({ defaults: { model: 'wbc-knn@1.0.0', operating_point: 'default' } } as Session);
  const record = scoredRecord('a');
  const result = record.result && {
    ...record.result,
    operating_point: { name: 'sensitivity99' as const, threshold: 0.2 },
  };
  function DraftState() {
    const [{ model = 'default', operatingPoint = 'default', sampleReference }] = useDraft();
    const { isSuccess } = useDefaults();
    return <p>{isSuccess ? `draft: ${sampleReference} ${model} ${operatingPoint}` : 'loading'}</p>;
  }
  const user = renderPage(
    <DraftProvider tenant="clinic">
      <DraftState />
      <RecordActions prediction={{ ...record, result }} />
    </DraftProvider>,
    '/*',
    '/',
  );
  await screen.findByText(/^draft:/);
  await user.click(screen.getByText('Edit and re-run'));
  await screen.findByText('draft: sample a default sensitivity99');
  await user.click(screen.getByText('New record'));
  expect(await screen.findByText('draft:  default default', { normalizer: (text) => text })).toBeTruthy();
});
