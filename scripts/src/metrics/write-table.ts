import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceMetricTable } from '@cytoqueue/metrics';

export const METRICS_PAGE = join(__dirname, '../../../packages/metrics/README.md');

/** Updates the table of metrics in packages/metrics/README.md. */
export function writeMetricsTable(): void {
  writeFileSync(METRICS_PAGE, replaceMetricTable(readFileSync(METRICS_PAGE, 'utf8')));
}
