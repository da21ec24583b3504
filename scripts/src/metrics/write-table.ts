import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceMetricTable } from '@cytoqueue/metrics';

export const METRICS_PAGE = join(__dirname, '../../../packages/metrics/README.md');

/** Brings the catalogue in the README of packages/metrics up to date. */
export function writeMetricsTable(): void {
  writeFileSync(METRICS_PAGE, replaceMetricTable(readFileSync(METRICS_PAGE, 'utf8')));
}
