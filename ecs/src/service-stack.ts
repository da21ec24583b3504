import { CfnOutput, Duration, Fn, Stack, type StackProps } from 'aws-cdk-lib';
import { type IMetric, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Port } from 'aws-cdk-lib/aws-ec2';
import { Cluster, ContainerInsights } from 'aws-cdk-lib/aws-ecs';
import { HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import type { FoundationStack } from './foundation-stack';
import { type AlarmSources, Alarms, deploymentAlarmName } from './observability/alarms';
import { OperationsDashboard } from './observability/dashboard';
import { Notifications } from './observability/notifications';
import { ApiService } from './services/api-service';
import { Edge } from './services/edge';
import { Firewall } from './services/firewall';
import { Network } from './services/network';
import { Redis } from './services/redis';
import { WorkerService } from './services/worker-service';
import { type Settings, clusterNameOf } from './settings';

export interface ServiceStackProps extends StackProps {
  readonly settings: Settings;
  readonly foundation: FoundationStack;
}

const PERIOD = { period: Duration.minutes(1) } as const;

export class ServiceStack extends Stack {
  private readonly redis: Redis;
  private readonly api: ApiService;
  private readonly worker: WorkerService;
  private readonly edge: Edge;

  constructor(scope: Construct, id: string, props: ServiceStackProps) {
    super(scope, id, { ...props, description: 'Cytoqueue: network, Redis, services, public address, alarms' });
    // CDK makes the service wait for its target group, which the reference to it does already.
    this.templateOptions.metadata = { 'cfn-lint': { config: { ignore_checks: ['W3005'] } } };
    const { settings, foundation } = props;
    const { key } = foundation;
    const network = new Network(this, 'Network', { settings, key });
    this.redis = new Redis(this, 'Redis', { settings, network, key, password: foundation.secrets.redisPassword });
    const cluster = this.createCluster(network, settings);
    const parts = { settings, foundation, network, redis: this.redis, cluster };
    this.api = new ApiService(this, 'Api', parts);
    this.worker = new WorkerService(this, 'Worker', parts);
    this.connect(network);
    this.edge = new Edge(this, 'Edge', { settings, foundation, network, api: this.api });
    this.api.scale(this.edge.targetGroup);
    new Firewall(this, 'Firewall', { settings, key, loadBalancer: this.edge.loadBalancer });
    const dashboard = this.observe(settings, foundation);
    this.output(cluster, dashboard);
  }

  private createCluster({ vpc }: Network, settings: Settings): Cluster {
    return new Cluster(this, 'Cluster', {
      clusterName: clusterNameOf(settings),
      vpc,
      containerInsightsV2: ContainerInsights.ENABLED,
      enableFargateCapacityProviders: true,
    });
  }

  private connect(network: Network): void {
    for (const { securityGroup } of [this.api, this.worker]) {
      this.redis.securityGroup.addIngressRule(securityGroup, Port.tcp(Redis.port), 'Tasks');
      network.letIn(securityGroup);
    }
  }

  private observe(settings: Settings, { key }: FoundationStack): OperationsDashboard {
    const { topic } = new Notifications(this, 'Notifications', { settings, key });
    const sources = this.sources();
    const alarms = new Alarms(this, 'Alarms', { settings, topic, sources });
    this.api.rollBackOn(alarms.deployment, deploymentAlarmName(settings));
    const platform: Record<string, IMetric[]> = {
      'Load balancer: answers': [this.edge.targetGroup.metrics.httpCodeTarget(HttpCodeTarget.TARGET_2XX_COUNT, PERIOD), sources.api5xx],
      'Load balancer: time, s': [this.edge.targetGroup.metrics.targetResponseTime({ ...PERIOD, statistic: 'p99' })],
      'Tasks: CPU, %': [sources.apiCpu, this.worker.service.metricCpuUtilization(PERIOD)],
      'Redis: memory and CPU, %': [sources.redisMemory, sources.redisCpu],
    };
    return new OperationsDashboard(this, 'Operations', { settings, alarms: alarms.all, platform });
  }

  private sources(): AlarmSources {
    const { metrics } = this.edge.targetGroup;
    return {
      api5xx: metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, { ...PERIOD, statistic: 'Sum' }),
      unhealthyApi: metrics.unhealthyHostCount({ ...PERIOD, statistic: 'Maximum' }),
      apiCpu: this.api.service.metricCpuUtilization(PERIOD),
      redisMemory: this.redisMetric('DatabaseMemoryUsagePercentage'),
      redisCpu: this.redisMetric('EngineCPUUtilization'),
    };
  }

  /** Of the first node; after a failover both have the same load. */
  private redisMetric(metricName: string): Metric {
    const CacheClusterId = Fn.join('-', [this.redis.group.ref, '001']);
    return new Metric({ namespace: 'AWS/ElastiCache', metricName, dimensionsMap: { CacheClusterId }, statistic: 'Maximum', ...PERIOD });
  }

  private output({ clusterName }: Cluster, { url }: OperationsDashboard): void {
    const values = {
      ClusterName: clusterName,
      ApiServiceName: this.api.service.serviceName,
      WorkerServiceName: this.worker.service.serviceName,
      LoadBalancerDnsName: this.edge.loadBalancer.loadBalancerDnsName,
      DashboardUrl: url,
    };
    for (const [name, value] of Object.entries(values)) new CfnOutput(this, name, { value });
  }
}
