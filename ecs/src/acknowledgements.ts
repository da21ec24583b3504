import { type Stack, Validations } from 'aws-cdk-lib';
import { apiPermissions, workerPermissions } from './permissions';
import { type Settings, clusterNameOf } from './settings';

/** Accepted finding of a rule pack, with place and reason. Any other finding fails the synthesis. */
interface Acknowledgement {
  /** Construct paths below the stack. */
  readonly at: readonly string[];
  readonly rules: readonly string[];
  readonly reason: string;
}

const FOUNDATION: readonly Acknowledgement[] = [
  {
    at: ['Secrets/ApiKeys', 'Secrets/RedisPassword', 'Secrets/Session', 'Secrets/SmokeKey'],
    rules: ['AwsSolutions-SMG4', 'HIPAA.Security-SecretsManagerRotationEnabled'],
    reason:
      'Rotated by hand as ecs/README.md tells: each needs its services restarted, in an order that no rotation function knows. API keys expire one by one.',
  },
  {
    at: ['Logs/Bucket', 'Data/Bucket'],
    rules: ['HIPAA.Security-S3BucketReplicationEnabled'],
    reason:
      'S3 keeps every object in three zones and versions undo deletions; a second region is a decision about where patient data may lie.',
  },
  {
    at: ['Logs/Bucket'],
    rules: ['HIPAA.Security-S3DefaultEncryptionKMS'],
    reason:
      'Neither load balancers nor S3 access logs can be delivered with a customer key; encrypted with S3 managed keys.',
  },
  {
    at: ['Logs/Bucket'],
    rules: ['AwsSolutions-S1', 'HIPAA.Security-S3BucketLoggingEnabled'],
    reason: 'It is the bucket that access logs go to.',
  },
];

const INLINE_POLICIES = [
  'Network/Vpc/Flows/IAMRole/DefaultPolicy',
  ...['Api', 'Worker'].flatMap((service) =>
    ['TaskRole', 'ExecutionRole'].map((role) => `${service}/Task/Definition/${role}/DefaultPolicy`),
  ),
];

const SERVICES: readonly Acknowledgement[] = [
  {
    at: INLINE_POLICIES,
    rules: ['HIPAA.Security-IAMNoInlinePolicy'],
    reason: 'A policy of exactly one role, made and deleted with it; a managed policy could be attached to others.',
  },
  {
    at: ['Api/Task/Definition/ExecutionRole', 'Worker/Task/Definition/ExecutionRole'],
    rules: ['AwsSolutions-IAM5[Resource::*]'],
    reason: 'ecr:GetAuthorizationToken, which knows no resources.',
  },
  {
    at: ['Api/Task/Definition/TaskRole', 'Worker/Task/Definition/TaskRole'],
    rules: ['AwsSolutions-IAM5[Resource::*]'],
    reason: 'cloudwatch:PutMetricData, which knows no resources; bounded to the namespace by condition.',
  },
  {
    at: ['Api/Task/Definition', 'Worker/Task/Definition'],
    rules: ['AwsSolutions-ECS2'],
    reason:
      'The variables are addresses and limits. Secrets come from Secrets Manager, by the secrets of the container.',
  },
  {
    at: ['Network/Vpc/publicSubnet1/DefaultRoute', 'Network/Vpc/publicSubnet2/DefaultRoute'],
    rules: ['HIPAA.Security-VPCNoUnrestrictedRouteToIGW'],
    reason: 'The way to the load balancer, which is the public address.',
  },
  {
    at: ['Network/Vpc'],
    rules: ['HIPAA.Security-VPCDefaultSecurityGroupClosed'],
    reason: 'Nothing is in the default group: every interface has a group of its own, which a test checks.',
  },
  {
    at: ['Redis/Group'],
    rules: ['HIPAA.Security-ElastiCacheRedisClusterAutomaticBackup'],
    reason: 'Redis holds ids of work under way and no data; what it loses is taken up again from the object store.',
  },
  {
    at: ['Edge/SecurityGroup'],
    rules: ['AwsSolutions-EC23'],
    reason: 'The public address: HTTPS from anywhere, and HTTP to be redirected.',
  },
  {
    at: ['Edge/LoadBalancer/Http'],
    rules: ['HIPAA.Security-ELBv2ACMCertificateRequired'],
    reason: 'Answers every request with a redirect to HTTPS.',
  },
  {
    at: ['ApiErrors', 'LoadBalancerErrors', 'ApiNotReady', 'WorkerNotReady'].map(
      (alarm) => `Alarms/${alarm}WhileDeploying`,
    ),
    rules: ['HIPAA.Security-CloudWatchAlarmAction'],
    reason: 'Watched by deployments, which they roll back; the alarm of the same name without WhileDeploying notifies.',
  },
];

/** For minimal always, for production until its first deployment has succeeded. */
const UNPROTECTED_SERVICES: readonly Acknowledgement[] = [
  {
    at: ['Edge/LoadBalancer'],
    rules: ['HIPAA.Security-ELBDeletionProtectionEnabled'],
    reason: 'Protected by scripts/deploy.sh after the first success: a creation that fails must be able to delete it.',
  },
];

const MINIMAL_SERVICES: readonly Acknowledgement[] = [
  {
    at: ['Redis/Group'],
    rules: ['AwsSolutions-AEC4'],
    reason: 'One node in one zone; the store is the record and Redis can be lost.',
  },
];

export function acknowledgeFindings(foundation: Stack, services: Stack, settings: Settings): void {
  acknowledge(foundation, FOUNDATION);
  acknowledge(services, [
    ...SERVICES,
    ...(settings.isProtected ? [] : UNPROTECTED_SERVICES),
    ...(settings.zones === 1 ? MINIMAL_SERVICES : []),
    ...wildcards(settings),
  ]);
}

function acknowledge(stack: Stack, acknowledgements: readonly Acknowledgement[]): void {
  for (const { at, rules, reason } of acknowledgements) {
    for (const path of at) {
      const construct = path.split('/').reduce((scope, id) => scope.node.findChild(id), stack as Stack['node']['root']);
      Validations.of(construct).acknowledge(...rules.map((id) => ({ id, reason })));
    }
  }
}

/** Keys below a prefix need a wildcard; each pattern is listed in src/permissions.ts. */
function wildcards({ environment }: Settings): Acknowledgement[] {
  const bucket = `arn:<AWS::Partition>:s3:::cytoqueue-${environment}-data-<AWS::AccountId>-<AWS::Region>`;
  const tasks = `arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:task/${clusterNameOf({ environment })}/*`;
  const protection = {
    at: ['Api', 'Worker'].map((service) => `${service}/Task/Definition/TaskRole`),
    rules: [`AwsSolutions-IAM5[Resource::${tasks}]`],
    reason: 'A task protects itself; its id is known once it runs.',
  };
  const objects = Object.entries({ Api: apiPermissions, Worker: workerPermissions }).map(([service, permissions]) => ({
    at: [`${service}/Task/Definition/TaskRole`],
    rules: [...new Set([...permissions.get, ...permissions.put, ...permissions.delete])].map(
      (pattern) => `AwsSolutions-IAM5[Resource::${bucket}/${pattern}]`,
    ),
    reason: 'Objects below a prefix, as the service uses them; a test holds the list against what it does.',
  }));
  return [protection, ...objects];
}
