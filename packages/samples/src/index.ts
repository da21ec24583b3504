export { NO_LABEL, readLabels } from './read-labels';
export {
  missingTest,
  readSamples,
  toNumbers,
  valueHistogram,
  type RowRejection,
  type ShardSamples,
} from './read-samples';
