import { writeMetricsTable } from './metrics/write-table';

writeMetricsTable();
