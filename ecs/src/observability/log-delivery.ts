import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Effect, PolicyDocument, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnResourcePolicy, type LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** ARN without the suffix `:*` of `LogGroup.logGroupArn`, which AWS WAF refuses. */
export function logGroupArnOf(logGroup: LogGroup): string {
  return Stack.of(logGroup).formatArn({
    service: 'logs',
    resource: 'log-group',
    resourceName: logGroup.logGroupName,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

/**
 * Lets AWS's log delivery, for this account's resources only, write into one group. Services add such a policy by
 * themselves when the caller may; an explicit policy does not depend on the deployer and is deleted with the stack.
 */
export function allowLogDelivery(scope: Construct, id: string, logGroup: LogGroup): CfnResourcePolicy {
  const { account, region, partition, stackName } = Stack.of(scope);
  const statement = new PolicyStatement({
    effect: Effect.ALLOW,
    principals: [new ServicePrincipal('delivery.logs.amazonaws.com')],
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [`${logGroupArnOf(logGroup)}:log-stream:*`],
    conditions: {
      StringEquals: { 'aws:SourceAccount': account },
      ArnLike: { 'aws:SourceArn': `arn:${partition}:logs:${region}:${account}:*` },
    },
  });
  const policyDocument = Stack.of(scope).resolve(new PolicyDocument({ statements: [statement] })) as object;
  return new CfnResourcePolicy(scope, id, {
    policyName: `${stackName}-${id}-${scope.node.id}`,
    policyDocument: Stack.of(scope).toJsonString(policyDocument),
  });
}
