import { Alarm, ComparisonOperator as Is, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { type Settings, alarmNameOf } from '../settings';
import { type AlarmRule, type AlarmSources, deploymentRules, platformRules, productRules } from './alarm-rules';

/** Alarm with a fixed name, see `rollBackOn`. */
export interface NamedAlarm {
  readonly alarm: Alarm;
  readonly name: string;
}

/**
 * Alarms that notify people, and those that roll deployments back. The runbook has a section for each by its name,
 * without `WhileDeploying`.
 */
export class Alarms extends Construct {
  readonly all: Alarm[];
  /** A deployment is rolled back when one of these fires; they send no mail. */
  readonly deployment: { readonly api: readonly NamedAlarm[]; readonly worker: readonly NamedAlarm[] };

  constructor(
    scope: Construct,
    id: string,
    { settings, topic, sources }: { settings: Settings; topic: ITopic; sources: AlarmSources },
  ) {
    super(scope, id);
    const rules = [...productRules(settings), ...platformRules(sources)];
    this.all = rules.map((rule) => this.create(rule, settings, topic));
    const named = (rule: AlarmRule): NamedAlarm => ({
      alarm: this.create(rule, settings, undefined),
      name: alarmNameOf(settings, rule.id),
    });
    const { api, worker } = deploymentRules(sources);
    this.deployment = { api: api.map(named), worker: worker.map(named) };
  }

  private create(
    {
      id,
      metric,
      comparison,
      threshold,
      datapointsToAlarm: points,
      evaluationPeriods: outOf,
      missing,
      description: says,
    }: AlarmRule,
    settings: Settings,
    topic: ITopic | undefined,
  ): Alarm {
    const alarm = new Alarm(this, id, {
      alarmName: alarmNameOf(settings, id),
      alarmDescription: `${says} Runbook: packages/metrics/README.md#${id.replace(/WhileDeploying$/, '').toLowerCase()}`,
      metric,
      threshold,
      comparisonOperator: comparison ?? Is.GREATER_THAN_THRESHOLD,
      evaluationPeriods: outOf ?? points,
      datapointsToAlarm: points,
      treatMissingData: missing ?? TreatMissingData.NOT_BREACHING,
    });
    if (topic === undefined) return alarm;
    alarm.addAlarmAction(new SnsAction(topic));
    alarm.addOkAction(new SnsAction(topic));
    return alarm;
  }
}
