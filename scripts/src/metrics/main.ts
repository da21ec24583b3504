import { writeMetricsTable } from './write-table';

writeMetricsTable();
