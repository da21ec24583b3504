/** @jest-environment jsdom */
import type { QueueState } from '@cytoqueue/client';
import { screen } from '@testing-library/dom';
import { noRetryClient } from '../api/clients';
import { renderPage } from '../page.test.fixtures';
import { OperationsPage } from './operations-page';

const STALLED: QueueState = {
  as_of: '2026-11-27T09:14:14Z',
  backlog_rows: 131_072,
  backlog_jobs: 2,
  oldest_job_age_seconds: 41,
  workers_alive: 1,
  workers: [
    { id: 'host-1', alive: true, slots: 2, last_heartbeat_at: '2026-11-27T09:14:09Z' },
    { id: 'host-2', alive: false, slots: 2, last_heartbeat_at: '2026-11-27T09:13:52Z' },
  ],
  rows_per_second: 0,
  stalled: true,
  stalled_since: '2026-11-27T09:13:52Z',
  drain_seconds: null,
  queues: [],
  latency: { prediction_wait_ms: null, prediction_total_ms: null },
  failures: { shards_failed: 0, jobs_retried: 0 },
  history: [
    { at: '2026-11-27T09:11:00Z', rows_per_second: 26_400, backlog_rows: null },
    { at: '2026-11-27T09:12:00Z', rows_per_second: 20_000, backlog_rows: 400_000 },
  ],
};

afterEach(() => jest.restoreAllMocks());

test('a dead worker and work that stands still are named, with the history from before the page was opened', async () => {
  jest.spyOn(noRetryClient, 'session').mockRejectedValue(new Error('not needed'));
  jest.spyOn(noRetryClient, 'queue').mockResolvedValue(STALLED);
  renderPage(<OperationsPage />);
  await screen.findByText(/^Stalled since .*: no row finishes, 131,072 rows wait\.$/);
  expect(screen.getByRole('row', { name: /^host-2/ }).textContent).toMatch(/Not responding.*22 s ago/);
  screen.getByText('1 of 2');
  // Shown before the worker counts as dead.
  screen.getByText('Heartbeat late');
  await screen.findByLabelText('0 rows per second now; between 0 and 26,400 in the last hour.');
  screen.getByLabelText('131,072 rows now; between 131,072 and 400,000 in the last hour.');
});
