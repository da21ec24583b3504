import { readFileSync } from 'node:fs';
import { replaceMetricTable } from '@cytoqueue/metrics';
import { METRICS_PAGE } from './write-table';

test('the committed catalogue is the one in the code (npm run metrics-table)', () => {
  const page = readFileSync(METRICS_PAGE, 'utf8');
  expect(replaceMetricTable(page)).toBe(page);
  expect(page).toContain('| BacklogRows | `cytoqueue_backlog_rows` |');
});
