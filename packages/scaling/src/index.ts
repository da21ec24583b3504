export {
  type CloudWatchScaling,
  cloudWatchScaling,
  type MetricQuery,
  type QueueDimension,
  type StepAlarm,
} from './cloudwatch';
export { type Datapoint, desiredWorkers, trackedMetric } from './demand';
export {
  type Autoscaler,
  type Decision,
  evaluatePolicy,
  initialState,
  type ScalerState,
  TARGET_TRACKING,
} from './evaluate-policy';
export {
  ASSUMPTIONS,
  defaultPolicy,
  derivePolicy,
  measuredThroughput,
  type ScalingGoals,
  type ScalingPolicy,
} from './policy';
