import type { MetricName } from '@cytoqueue/metrics';
import { type MetricQuery, type StepAlarm, cloudWatchScaling } from '@cytoqueue/scaling';
import { CfnScalingPolicy, type ScalableTarget } from 'aws-cdk-lib/aws-applicationautoscaling';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { FargateService } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { dimensionsOf } from '../observability/metrics';
import { METRIC_NAMESPACE, type Settings, alarmNameOf } from '../settings';

/**
 * Translates the policy of packages/scaling, without numbers of its own, into Application Auto Scaling: target tracking
 * on metric math, steps on the age of the oldest job, and one step back to the minimum when there is no backlog.
 */
export function addWorkerScaling(service: FargateService, settings: Settings): void {
  const { minCapacity, maxCapacity, targetTracking, oldestAge, idle } = cloudWatchScaling(settings.scaling);
  const scope = service;
  const target = service.autoScaleTaskCount({ minCapacity, maxCapacity }).node.findChild('Target') as ScalableTarget;
  const scalingTargetId = target.scalableTargetId;
  new CfnScalingPolicy(scope, 'BacklogPolicy', {
    policyName: `${settings.environment}-backlog-rows-per-worker`,
    policyType: 'TargetTrackingScaling',
    scalingTargetId,
    targetTrackingScalingPolicyConfiguration: {
      targetValue: targetTracking.targetValue,
      scaleOutCooldown: targetTracking.scaleOutCooldownSeconds,
      scaleInCooldown: targetTracking.scaleInCooldownSeconds,
      customizedMetricSpecification: {
        metrics: targetTracking.metrics.map((query) => toMetricDataQuery(query, settings)),
      },
    },
  });
  addStepPolicy(scope, 'OldestAge', scalingTargetId, oldestAge, settings);
  addStepPolicy(scope, 'Idle', scalingTargetId, idle, settings);
}

function toMetricDataQuery(
  query: MetricQuery,
  settings: Settings,
): CfnScalingPolicy.TargetTrackingMetricDataQueryProperty {
  if ('expression' in query)
    return { id: query.id, expression: query.expression, label: query.label, returnData: true };
  const metricName = query.metricName as MetricName;
  return {
    id: query.id,
    returnData: false,
    metricStat: {
      stat: query.statistic,
      metric: { namespace: METRIC_NAMESPACE, metricName, dimensions: dimensionsOf(metricName, query.queue, settings) },
    },
  };
}

function addStepPolicy(
  scope: Construct,
  id: string,
  scalingTargetId: string,
  step: StepAlarm,
  settings: Settings,
): void {
  const policy = new CfnScalingPolicy(scope, `${id}Policy`, {
    policyName: `${settings.environment}-${id}`,
    policyType: 'StepScaling',
    scalingTargetId,
    stepScalingPolicyConfiguration: {
      adjustmentType: step.adjustmentType,
      cooldown: step.cooldownSeconds,
      metricAggregationType: step.statistic,
      stepAdjustments: step.steps.map(({ lowerBound, upperBound, adjustment }) => ({
        metricIntervalLowerBound: lowerBound,
        metricIntervalUpperBound: upperBound,
        scalingAdjustment: adjustment,
      })),
    },
  });
  const metricName = step.metricName as MetricName;
  new CfnAlarm(scope, `${id}Alarm`, {
    alarmName: alarmNameOf(settings, `Scale${id}`),
    alarmDescription: `Scales the workers; no action is needed. Runbook: packages/metrics/README.md#scale${id.toLowerCase()}`,
    namespace: METRIC_NAMESPACE,
    metricName,
    dimensions: dimensionsOf(metricName, step.queue, settings),
    statistic: step.statistic,
    comparisonOperator: step.comparison,
    threshold: step.threshold,
    period: step.periodSeconds,
    evaluationPeriods: step.datapoints,
    datapointsToAlarm: step.datapoints,
    treatMissingData: step.treatMissingData,
    alarmActions: [policy.ref],
  });
}
