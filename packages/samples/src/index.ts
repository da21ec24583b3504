export { NO_LABEL, readLabels } from './read-labels';
export { valueHistogram, readSamples, toNumbers, type RowRejection, type ShardSamples } from './read-samples';
