import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  type CapacityProviderStrategy,
  FargatePlatformVersion,
  FargateService,
  PropagatedTagSource,
} from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import { workerPermissions } from '../permissions';
import type { Settings } from '../settings';
import type { ApiServiceProps } from './api-service';
import { ServiceTask } from './service-task';
import { addWorkerScaling } from './worker-scaling';

/** Health and metrics; nothing connects to it from outside the task. */
const WORKER_PORT = 8081;

export class WorkerService extends Construct {
  readonly service: FargateService;
  readonly securityGroup: SecurityGroup;
  readonly task: ServiceTask;

  constructor(scope: Construct, id: string, { settings, foundation, network, redis, cluster }: ApiServiceProps) {
    super(scope, id);
    this.task = new ServiceTask(this, 'Task', {
      service: 'worker',
      settings,
      foundation,
      redis,
      size: settings.worker,
      port: WORKER_PORT,
      permissions: workerPermissions,
      environment: {
        WORKER_PORT: String(WORKER_PORT),
        WORKER_THREADS: String(Math.max(1, Math.floor(settings.worker.cpu / 1024))),
      },
      secrets: { REDIS_PASSWORD: foundation.secrets.redisPassword },
    });
    this.securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: network.vpc,
      description: 'Tasks of the worker',
    });
    this.service = new FargateService(this, 'Service', {
      serviceName: `cytoqueue-${settings.environment}-worker`,
      cluster,
      taskDefinition: this.task.definition,
      // No desiredCount, here and in the API: each deployment would reset the number set by scaling.
      platformVersion: FargatePlatformVersion.VERSION1_4,
      capacityProviderStrategies: capacity(settings),
      vpcSubnets: network.taskSubnets,
      assignPublicIp: settings.taskSubnets === 'public',
      securityGroups: [this.securityGroup],
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      circuitBreaker: { enable: true, rollback: true },
      propagateTags: PropagatedTagSource.SERVICE,
    });
    addWorkerScaling(this.service, settings);
  }
}

/**
 * The minimum runs on Fargate; some of the further workers run on Spot, at a third of the price and with two minutes'
 * notice.
 */
function capacity({ spotWeight: spotShareOfFour, scaling }: Settings): CapacityProviderStrategy[] {
  return [
    { capacityProvider: 'FARGATE', base: scaling.minWorkers, weight: 4 - spotShareOfFour },
    { capacityProvider: 'FARGATE_SPOT', weight: spotShareOfFour },
  ];
}
