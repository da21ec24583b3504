export { valueHistogram, readSamples, type RowRejection, type ShardSamples } from './read-samples';
