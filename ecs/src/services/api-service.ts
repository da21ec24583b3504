import { Duration } from 'aws-cdk-lib';
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { type Cluster, FargatePlatformVersion, FargateService, PropagatedTagSource } from 'aws-cdk-lib/aws-ecs';
import type { ApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { apiPermissions } from '../permissions';
import type { FoundationStack } from '../foundation-stack';
import type { Settings } from '../settings';
import type { Network } from './network';
import type { Redis } from './redis';
import { ServiceTask } from './service-task';

export const API_PORT = 8080;
/** Target CPU utilisation; above it tasks are added. */
const CPU_PERCENT = 60;
/** A quarter of the measured capacity of one core, in single predictions per minute. */
const REQUESTS_PER_TARGET = 6_000;

export interface ApiServiceProps {
  readonly settings: Settings;
  readonly foundation: FoundationStack;
  readonly network: Network;
  readonly redis: Redis;
  readonly cluster: Cluster;
}

export class ApiService extends Construct {
  readonly service: FargateService;
  readonly securityGroup: SecurityGroup;
  readonly task: ServiceTask;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ApiServiceProps,
  ) {
    super(scope, id);
    const { settings, foundation, network, redis, cluster } = props;
    const { apiKeys, redisPassword, session } = foundation.secrets;
    this.task = new ServiceTask(this, 'Task', {
      service: 'api',
      settings,
      foundation,
      redis,
      size: settings.api,
      port: API_PORT,
      permissions: apiPermissions,
      // Only the load balancer is in front of the API.
      environment: { PORT: String(API_PORT), TRUST_PROXY: '1' },
      secrets: { API_KEYS: apiKeys, SESSION_SECRET: session, REDIS_PASSWORD: redisPassword },
    });
    this.securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: network.vpc,
      description: 'Tasks of the API',
    });
    this.service = new FargateService(this, 'Service', {
      serviceName: `cytoqueue-${settings.environment}-api`,
      cluster,
      taskDefinition: this.task.definition,
      platformVersion: FargatePlatformVersion.VERSION1_4,
      vpcSubnets: network.taskSubnets,
      assignPublicIp: settings.taskSubnets === 'public',
      securityGroups: [this.securityGroup],
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      circuitBreaker: { enable: true, rollback: true },
      propagateTags: PropagatedTagSource.SERVICE,
      healthCheckGracePeriod: Duration.seconds(60),
    });
  }

  /** Scales tasks by CPU and requests. */
  scale(targetGroup: ApplicationTargetGroup): void {
    const { minTasks, maxTasks } = this.props.settings.api;
    const scaling = this.service.autoScaleTaskCount({ minCapacity: minTasks, maxCapacity: maxTasks });
    const cooldowns = { scaleOutCooldown: Duration.seconds(60), scaleInCooldown: Duration.minutes(5) };
    scaling.scaleOnCpuUtilization('Cpu', { targetUtilizationPercent: CPU_PERCENT, ...cooldowns });
    scaling.scaleOnRequestCount('Requests', { requestsPerTarget: REQUESTS_PER_TARGET, targetGroup, ...cooldowns });
  }
}
