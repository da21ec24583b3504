/** @jest-environment jsdom */
import type { Confirmation, Session } from '@cytoqueue/client';
import { screen, within } from '@testing-library/dom';
import { client, noRetryClient } from '../api/clients';
import { problem, renderPage } from '../page.test.fixtures';
import { formatDateTime } from '../ui/format';
import { ConfirmationsPanel } from './confirmations-panel';

const OF_RECORD: Confirmation = {
  id: 'conf_2',
  created_at: '2026-11-28T08:00:00Z',
  prediction_id: 'pred_1',
  predicted_at: '2026-11-02T08:00:00Z',
  model: 'wbc-knn@1.1.0',
  operating_point: 'default',
  predicted_class: 'benign',
  probability_malignant: 0.2,
  outcome: 'indeterminate',
  confirmed_class: 'malignant',
  confirmed_at: '2026-11-20',
  links: { self: '/v1/confirmations/conf_2' },
};
const { prediction_id: _, ...OTHERS } = OF_RECORD;
const OF_ROW: Confirmation = { ...OTHERS, id: 'conf_1', batch_id: 'batch_1', row: 1_017, outcome: 'confident' };

let stored: Confirmation[];

beforeEach(() => {
  stored = [OF_RECORD, OF_ROW];
  // Pages of one entry.
  jest.spyOn(noRetryClient, 'listConfirmations').mockImplementation(({ after } = {}) => {
    const data = stored.slice(after === undefined ? 0 : stored.findIndex(({ id }) => id === after) + 1).slice(0, 1);
    const lastId = data.at(-1)?.id ?? null;
    return Promise.resolve({ data, has_more: lastId !== (stored.at(-1)?.id ?? null), last_id: lastId });
  });
});

afterEach(() => jest.restoreAllMocks());

function renderAs(role: Session['role']) {
  jest.spyOn(noRetryClient, 'session').mockResolvedValue({ role } as Session);
  return renderPage(<ConfirmationsPanel />);
}

const cells = () => within(screen.getByRole('table')).getAllByRole('cell');

test('diagnoses link to their record or row, page by page, with prediction and day; members cannot delete', async () => {
  const user = renderAs('member');
  const record = await screen.findByRole('link', { name: `Record of ${formatDateTime(OF_RECORD.predicted_at)}` });
  expect(record.getAttribute('href')).toBe('/predictions/pred_1');
  expect(cells().map(({ textContent }) => textContent)).toEqual([
    'wbc-knn 1.1.0',
    'Undecided, favours benign',
    'Malignant',
    '20 Nov 2026',
  ]);
  await user.click(screen.getByText('Show older diagnoses'));
  const row = await screen.findByRole('link', { name: /^Row 1,017, batch of / });
  expect(row.getAttribute('href')).toBe('/batches/batch_1/rows/1017');
  expect(screen.queryByText('Show older diagnoses')).toBeNull();
  expect(screen.queryByRole('button', { name: 'Delete' })).toBeNull();
});

test('an admin deletes a diagnosis after a confirmation, and the list is loaded again', async () => {
  stored = [OF_ROW];
  const remove = jest.spyOn(client, 'deleteConfirmation').mockImplementation(() => {
    stored = [];
    return Promise.resolve();
  });
  const user = renderAs('admin');
  await user.click(await screen.findByRole('button', { name: 'Delete' }));
  const dialog = await screen.findByRole('alertdialog');
  expect(dialog.textContent).toMatch(/Row 1,017.*: Malignant\. The figures/);
  expect(remove).not.toHaveBeenCalled();
  await user.click(within(dialog).getByText('Delete permanently'));
  await screen.findByText('None yet.');
  expect(remove).toHaveBeenCalledWith('conf_1');
});

test('a deletion that is refused says why and keeps the list', async () => {
  jest.spyOn(client, 'deleteConfirmation').mockRejectedValue(problem(503, { detail: 'The store is not reachable.' }));
  const user = renderAs('admin');
  await user.click(await screen.findByRole('button', { name: 'Delete' }));
  await user.click(within(await screen.findByRole('alertdialog')).getByText('Delete permanently'));
  expect((await screen.findByRole('alert')).textContent).toContain('The store is not reachable.');
  expect(screen.getByRole('link', { name: /^Record of/ })).toBeTruthy();
});
