export { countValues, readSamples, type RowFault, type ShardSamples } from './read-samples';
