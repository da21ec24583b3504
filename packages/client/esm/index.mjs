// The same module as for require(), so that a program that loads both has one class of each name.
export {
  ApiError,
  ConnectionError,
  CytoqueueClient,
  InvalidResponseError,
  isBatchFinished,
  isFullPrediction,
  isPredictionFinished,
  isRetryable,
  isTrainingFinished,
  mayHaveSucceeded,
  positiveClassOf,
  probabilityOf,
  randomHex,
  versionPath,
} from '../dist/index.js';
