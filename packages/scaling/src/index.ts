export { type CloudWatchScaling, type MetricQuery, type QueueDimension, type StepAlarm, cloudWatchScaling } from './cloudwatch';
export { TARGET_TRACKING, type Autoscaler, type Decision, type ScalerState, decide, initialState } from './decide';
export { type Datapoint, desiredWorkers, trackedMetric } from './demand';
export { ASSUMPTIONS, type PolicyWishes, type ScalingPolicy, defaultPolicy, derivePolicy, measuredThroughput } from './policy';
