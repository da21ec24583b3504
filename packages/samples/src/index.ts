export { NO_LABEL, readLabels } from './read-labels';
export { valueHistogram, readSamples, type RowRejection, type ShardSamples } from './read-samples';
