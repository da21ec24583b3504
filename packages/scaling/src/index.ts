export {
  type CloudWatchScaling,
  type MetricQuery,
  type QueueDimension,
  type StepAlarm,
  cloudWatchScaling,
} from './cloudwatch';
export {
  TARGET_TRACKING,
  type Autoscaler,
  type Decision,
  type ScalerState,
  evaluatePolicy,
  initialState,
} from './evaluate-policy';
export { type Datapoint, desiredWorkers, trackedMetric } from './demand';
export {
  ASSUMPTIONS,
  type ScalingGoals,
  type ScalingPolicy,
  defaultPolicy,
  derivePolicy,
  measuredThroughput,
} from './policy';
