import { CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import {
  Capability,
  ContainerImage,
  CpuArchitecture,
  FargateTaskDefinition,
  LinuxParameters,
  LogDrivers,
  OperatingSystemFamily,
  Secret as ContainerSecret,
} from 'aws-cdk-lib/aws-ecs';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { dataBucketName } from '../foundation/data-bucket';
import { imageRepositoryName } from '../foundation/image-repository';
import type { FoundationStack } from '../foundation-stack';
import { createLogGroup } from '../observability/log-group';
import { countNotReady } from '../observability/not-ready';
import { type StorePermissions, storeStatements } from '../permissions';
import { METRIC_NAMESPACE, type Settings, clusterNameOf } from '../settings';
import type { Redis } from './redis';

const TMP = 'tmp';
/** Longer than the services' own stop deadlines (20 s and 60 s); after it ECS kills the container. */
const STOP_TIMEOUT = Duration.seconds(120);

export interface ServiceTaskProps {
  readonly service: 'api' | 'worker';
  readonly settings: Settings;
  readonly foundation: FoundationStack;
  readonly redis: Redis;
  readonly size: { readonly cpu: number; readonly memoryMiB: number };
  readonly port: number;
  readonly permissions: StorePermissions;
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, Secret>>;
}

/**
 * Task definition of one service: one read-only container with its own least-privilege role.
 */
export class ServiceTask extends Construct {
  readonly definition: FargateTaskDefinition;
  /** Number of log lines per minute that report Redis or the store as unreachable. */
  readonly notReady: IMetric;

  constructor(scope: Construct, id: string, props: ServiceTaskProps) {
    super(scope, id);
    const { settings, size } = props;
    this.definition = new FargateTaskDefinition(this, 'Definition', {
      family: `cytoqueue-${settings.environment}-${props.service}`,
      cpu: size.cpu,
      memoryLimitMiB: size.memoryMiB,
      runtimePlatform: {
        operatingSystemFamily: OperatingSystemFamily.LINUX,
        cpuArchitecture: settings.cpuArchitecture === 'ARM64' ? CpuArchitecture.ARM64 : CpuArchitecture.X86_64,
      },
      volumes: [{ name: TMP }],
    });
    const logGroup = createLogGroup(this, 'Logs', settings, props.foundation.key);
    this.notReady = countNotReady(this, props.service, logGroup);
    this.addContainer(props, logGroup);
    this.grantStart(props);
    this.grant(props);
    this.allowTaskProtection(settings);
  }

  private addContainer(props: ServiceTaskProps, logGroup: LogGroup): void {
    const { service, settings, redis } = props;
    const linuxParameters = new LinuxParameters(this, 'Linux', { initProcessEnabled: true });
    linuxParameters.dropCapabilities(Capability.ALL);
    const container = this.definition.addContainer(service, {
      image: this.image(settings, service),
      essential: true,
      portMappings: [{ containerPort: props.port }],
      user: 'node',
      readonlyRootFilesystem: true,
      linuxParameters,
      stopTimeout: STOP_TIMEOUT,
      environment: {
        ENVIRONMENT: settings.environment,
        AWS_REGION: Stack.of(this).region,
        STORAGE_URL: `s3://${dataBucketName(Stack.of(this), settings)}`,
        REDIS_URL: redis.url,
        CLOUDWATCH_NAMESPACE: METRIC_NAMESPACE,
        RETENTION_DAYS: String(settings.retentionDays),
        CONFIRMATION_RETENTION_DAYS: String(settings.confirmationRetentionDays),
        ...props.environment,
      },
      secrets: this.containerSecrets(props),
      healthCheck: {
        command: ['CMD', 'node', '-e', healthScript(props.port)],
        interval: Duration.seconds(10),
        timeout: Duration.seconds(5),
        retries: 6,
        startPeriod: Duration.seconds(30),
      },
      logging: LogDrivers.awsLogs({ streamPrefix: service, logGroup }),
    });
    container.addMountPoints({ sourceVolume: TMP, containerPath: '/tmp', readOnly: false });
  }

  /** Imported by ARN, because a grant on the secret itself would make the foundation depend on this stack's role. */
  private containerSecrets({ secrets }: ServiceTaskProps): Record<string, ContainerSecret> {
    const imported = Object.entries(secrets).map(([name, { secretArn }]) => {
      const secret = Secret.fromSecretAttributes(this, name, { secretCompleteArn: secretArn });
      return [name, ContainerSecret.fromSecretsManager(secret)] as const;
    });
    return Object.fromEntries(imported);
  }

  /** Grants use of the secrets' key: CDK omits it for imported secrets, and no task would start. */
  private grantStart({ foundation }: ServiceTaskProps): void {
    this.definition.obtainExecutionRole().addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['kms:Decrypt'],
        resources: [foundation.key.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `secretsmanager.${Stack.of(this).region}.amazonaws.com` } },
      }),
    );
  }

  /** Lets a task protect itself from scale-in and deployments during long work. */
  private allowTaskProtection(settings: Settings): void {
    const tasks = Stack.of(this).formatArn({
      service: 'ecs',
      resource: 'task',
      resourceName: `${clusterNameOf(settings)}/*`,
    });
    this.definition.taskRole.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'], resources: [tasks] }),
    );
  }

  /**
   * Image by digest, so that exactly the pushed image runs; scripts/deploy.sh passes it, and an earlier one to roll
   * back.
   */
  private image(settings: Settings, service: 'api' | 'worker'): ContainerImage {
    const repository = Repository.fromRepositoryName(this, 'Images', imageRepositoryName(settings, service));
    const digest = new CfnParameter(Stack.of(this), `${service === 'api' ? 'Api' : 'Worker'}ImageDigest`, {
      type: 'String',
      description: `Digest of the image of the ${service}`,
      allowedPattern: '^sha256:[0-9a-f]{64}$',
    });
    repository.grantPull(this.definition.obtainExecutionRole());
    return ContainerImage.fromRegistry(`${repository.repositoryUri}@${digest.valueAsString}`);
  }

  private grant({ settings, foundation, permissions }: ServiceTaskProps): void {
    const { taskRole } = this.definition;
    const bucket = Bucket.fromBucketName(this, 'Data', dataBucketName(Stack.of(this), settings));
    for (const statement of storeStatements(bucket, permissions)) taskRole.addToPrincipalPolicy(statement);
    taskRole.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [foundation.key.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `s3.${Stack.of(this).region}.amazonaws.com` } },
      }),
    );
    taskRole.addToPrincipalPolicy(
      // CloudWatch has no resource ARNs for metrics; the namespace limits the permission.
      new PolicyStatement({
        actions: ['cloudwatch:PutMetricData'],
        resources: ['*'],
        conditions: { StringEquals: { 'cloudwatch:namespace': METRIC_NAMESPACE } },
      }),
    );
  }
}

function healthScript(port: number): string {
  return `fetch('http://127.0.0.1:${port}/health/live').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))`;
}
