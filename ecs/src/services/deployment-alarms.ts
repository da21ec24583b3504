import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { AlarmBehavior, type FargateService } from 'aws-cdk-lib/aws-ecs';

/**
 * Rolls a deployment back when one of the alarms fires. By name, because CDK treats a reference to an alarm
 * on the service's own target group as a circular dependency.
 */
export function rollBackOn(
  service: FargateService,
  alarms: readonly { readonly alarm: Alarm; readonly name: string }[],
): void {
  service.enableDeploymentAlarms(
    alarms.map(({ name }) => name),
    { behavior: AlarmBehavior.ROLLBACK_ON_ALARM },
  );
  for (const { alarm } of alarms) service.node.addDependency(alarm);
}
