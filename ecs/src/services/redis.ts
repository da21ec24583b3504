import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { CfnParameterGroup, CfnReplicationGroup, CfnSubnetGroup } from 'aws-cdk-lib/aws-elasticache';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { allowLogDelivery } from '../observability/log-delivery';
import { createLogGroup } from '../observability/log-group';
import type { Settings } from '../settings';
import type { Network } from './network';

/** Valkey version, as in docker-compose.yml. ElastiCache applies patch releases automatically. */
const ENGINE_VERSION = '8.1';

export interface RedisProps {
  readonly settings: Settings;
  readonly network: Network;
  readonly key: Key;
  readonly password: Secret;
}

/**
 * Valkey on dedicated nodes. Not serverless, which evicts keys when full; and not in cluster mode, because a queue's
 * keys must share a slot. It may lose all data: the store holds the truth, and the reconciler enqueues lost work.
 */
export class Redis extends Construct {
  static readonly port = 6380;
  readonly securityGroup: SecurityGroup;
  readonly group: CfnReplicationGroup;

  constructor(scope: Construct, id: string, props: RedisProps) {
    super(scope, id);
    this.securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: props.network.vpc,
      description: 'Valkey',
      allowAllOutbound: false,
    });
    this.group = this.createGroup(props);
  }

  /** Without the password, which services get as REDIS_PASSWORD. */
  get url(): string {
    return `rediss://${this.group.attrPrimaryEndPointAddress}:${this.group.attrPrimaryEndPointPort}`;
  }

  private createGroup({ settings, network, key, password }: RedisProps): CfnReplicationGroup {
    const { nodeType, nodes, snapshotDays } = settings.redis;
    const isReplicated = nodes > 1;
    const slowLog = createLogGroup(this, 'SlowLog', settings, key);
    const group = new CfnReplicationGroup(this, 'Group', {
      replicationGroupDescription: `Queues of Cytoqueue ${settings.environment}`,
      engine: 'valkey',
      engineVersion: ENGINE_VERSION,
      cacheNodeType: nodeType,
      numCacheClusters: nodes,
      automaticFailoverEnabled: isReplicated,
      multiAzEnabled: isReplicated,
      port: Redis.port,
      cacheParameterGroupName: this.createParameters().ref,
      cacheSubnetGroupName: this.createSubnets(network).ref,
      securityGroupIds: [this.securityGroup.securityGroupId],
      transitEncryptionEnabled: true,
      transitEncryptionMode: 'required',
      atRestEncryptionEnabled: true,
      kmsKeyId: key.keyId,
      // CloudFormation resolves the secret at deployment; the template holds only a reference.
      authToken: password.secretValue.unsafeUnwrap(),
      snapshotRetentionLimit: snapshotDays,
      autoMinorVersionUpgrade: true,
      logDeliveryConfigurations: [
        {
          destinationType: 'cloudwatch-logs',
          destinationDetails: { cloudWatchLogsDetails: { logGroup: slowLog.logGroupName } },
          logFormat: 'json',
          logType: 'slow-log',
        },
      ],
    });
    group.node.addDependency(allowLogDelivery(this, 'LogDelivery', slowLog));
    return group;
  }

  private createParameters(): CfnParameterGroup {
    return new CfnParameterGroup(this, 'Parameters', {
      cacheParameterGroupFamily: `valkey${ENGINE_VERSION.split('.')[0]}`,
      description: 'A full queue refuses new jobs rather than forget old ones',
      properties: { 'maxmemory-policy': 'noeviction' },
    });
  }

  private createSubnets({ vpc, redisSubnets }: Network): CfnSubnetGroup {
    return new CfnSubnetGroup(this, 'Subnets', {
      description: 'Valkey',
      subnetIds: vpc.selectSubnets(redisSubnets).subnetIds,
    });
  }
}
