/** @jest-environment jsdom */
import { ConnectionError, type Review } from '@cytoqueue/client';
import { screen, waitFor } from '@testing-library/dom';
import { client, noRetryClient } from '../api/clients';
import { problem, renderPage } from '../page.test.fixtures';
import { ReviewsPanel } from './reviews-panel';

const REVIEWED = { batch_id: 'batch_1', row: 7 };
const REVIEW: Review = {
  id: 'review_1',
  decision: 'repeat',
  note: 'Too few cells.',
  key_id: 'reader-2',
  created_at: '2026-11-27T08:00:00Z',
};

let stored: Review[];
let add: jest.SpyInstance<Promise<Review>, Parameters<typeof client.addReview>>;

beforeEach(() => {
  stored = [];
  jest
    .spyOn(noRetryClient, 'listReviews')
    .mockImplementation(() => Promise.resolve({ data: stored, has_more: false, last_id: null }));
  add = jest.spyOn(client, 'addReview').mockImplementation((_reviewed, body) => {
    const review = { ...REVIEW, ...body };
    stored = [review];
    return Promise.resolve(review);
  });
});

afterEach(() => jest.restoreAllMocks());

const renderPanel = () => renderPage(<ReviewsPanel reviewed={REVIEWED} labels={['benign', 'malignant']} />);
const record = () => screen.getByRole('button', { name: 'Record review' });
const sentKeys = () => add.mock.calls.map(([, , options]) => options?.idempotencyKey);
const choose = (name: string) => screen.getByRole('radio', { name });

test('reviews are listed with decision, key and note', async () => {
  stored = [REVIEW];
  renderPanel();
  expect((await screen.findByRole('listitem')).textContent).toMatch(
    /Repeat the sample by key reader-2, 27 Nov 2026.*Too few cells\./,
  );
});

test('a review is recorded once a decision is chosen, shown in the list, and the form is empty again', async () => {
  const user = renderPanel();
  await screen.findByText('No review yet.');
  expect(record().hasAttribute('disabled')).toBe(true);
  await user.click(choose('Malignant'));
  await user.type(screen.getByRole('textbox', { name: 'Note (optional)' }), ' seen twice ');
  await user.click(record());
  await screen.findByText('The review is recorded.');
  expect(add.mock.calls.map(([reviewed, body]) => [reviewed, body])).toEqual([
    [REVIEWED, { decision: 'malignant', note: 'seen twice' }],
  ]);
  await screen.findByText('seen twice');
  expect(screen.getAllByRole<HTMLInputElement>('radio').filter(({ checked }) => checked)).toEqual([]);
});

test('another decision needs a note', async () => {
  const user = renderPanel();
  await user.click(choose('Other, see note'));
  expect(record().hasAttribute('disabled')).toBe(true);
  await user.type(screen.getByRole('textbox', { name: 'Note' }), 'lymph node');
  expect(record().hasAttribute('disabled')).toBe(false);
});

test('a review whose answer was lost is sent again with its key, also after a refusal; the next review has another', async () => {
  add.mockRejectedValueOnce(new ConnectionError('lost'));
  add.mockRejectedValueOnce(problem(429, { detail: 'Too many requests.' }));
  const user = renderPanel();
  await user.click(choose('Benign'));
  await user.click(record());
  await screen.findByText(/not known whether this was done/);
  await user.click(record());
  await screen.findByText(/Too many requests/);
  await user.click(record());
  await screen.findByText('The review is recorded.');
  await user.click(choose('Benign'));
  await user.click(record());
  await waitFor(() => expect(add).toHaveBeenCalledTimes(4));
  const [lost, refused, recorded, next] = sentKeys();
  expect([refused, recorded]).toEqual([lost, lost]);
  expect(next).not.toBe(lost);
});

test('a review that is changed after its answer was lost is another review', async () => {
  add.mockRejectedValueOnce(new ConnectionError('lost'));
  const user = renderPanel();
  await user.click(choose('Benign'));
  await user.click(record());
  await screen.findByText(/not known whether this was done/);
  await user.click(choose('Malignant'));
  await user.click(record());
  await screen.findByText('The review is recorded.');
  expect(new Set(sentKeys()).size).toBe(2);
});

test('a refused review says why and keeps what was entered', async () => {
  add.mockRejectedValue(problem(507, { detail: 'The storage quota is used up.' }));
  const user = renderPanel();
  await user.click(choose('Benign'));
  await user.click(record());
  expect((await screen.findByRole('alert')).textContent).toContain('The storage quota is used up.');
  expect((choose('Benign') as HTMLInputElement).checked).toBe(true);
});
