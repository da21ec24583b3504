import { CfnOutput, Duration, Fn, Stack, type StackProps } from 'aws-cdk-lib';
import { type IMetric, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Port } from 'aws-cdk-lib/aws-ec2';
import { CfnClusterCapacityProviderAssociations, Cluster, ContainerInsights } from 'aws-cdk-lib/aws-ecs';
import { HttpCodeElb, HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import type { FoundationStack } from './foundation-stack';
import type { AlarmSources } from './observability/alarm-rules';
import { Alarms } from './observability/alarms';
import { OperationsDashboard } from './observability/dashboard';
import { Notifications } from './observability/notifications';
import { ApiService } from './services/api-service';
import { rollBackOn } from './services/deployment-alarms';
import { PublicEndpoint } from './services/public-endpoint';
import { WebAcl } from './services/web-acl';
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
  private readonly publicEndpoint: PublicEndpoint;

  constructor(scope: Construct, id: string, props: ServiceStackProps) {
    super(scope, id, { ...props, description: 'Cytoqueue: network, Redis, services, public address, alarms' });
    // CDK adds a dependency on the target group, which the reference already implies.
    this.templateOptions.metadata = { 'cfn-lint': { config: { ignore_checks: ['W3005'] } } };
    const { settings, foundation } = props;
    const { key } = foundation;
    const network = new Network(this, 'Network', { settings, key });
    this.redis = new Redis(this, 'Redis', { settings, network, key, password: foundation.secrets.redisPassword });
    const cluster = this.createCluster(network, settings);
    const parts = { settings, foundation, network, redis: this.redis, cluster };
    this.api = new ApiService(this, 'Api', parts);
    this.worker = new WorkerService(this, 'Worker', parts);
    this.associateCapacity(cluster);
    this.updateWorkersFirst();
    this.allowTaskTraffic(network);
    this.publicEndpoint = new PublicEndpoint(this, 'Edge', { settings, foundation, network, api: this.api });
    this.api.scale(this.publicEndpoint.targetGroup);
    new WebAcl(this, 'Firewall', { settings, key, loadBalancer: this.publicEndpoint.loadBalancer });
    const dashboard = this.observe(settings, foundation);
    this.addOutputs(cluster, dashboard, settings);
  }

  private createCluster({ vpc }: Network, settings: Settings): Cluster {
    return new Cluster(this, 'Cluster', {
      clusterName: clusterNameOf(settings),
      vpc,
      containerInsightsV2: ContainerInsights.ENABLED,
    });
  }

  /** Created before the services and deleted after them: ECS refuses to remove capacity providers in use. */
  private associateCapacity(cluster: Cluster): void {
    const association = new CfnClusterCapacityProviderAssociations(this, 'Capacity', {
      cluster: cluster.clusterName,
      capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
      defaultCapacityProviderStrategy: [],
    });
    for (const { service } of [this.api, this.worker]) service.node.addDependency(association);
  }

  /** Earlier workers may be unable to read what a newer API stores. A failed update goes back in reverse. */
  private updateWorkersFirst(): void {
    this.api.service.node.addDependency(this.worker.service.node.defaultChild!);
  }

  private allowTaskTraffic(network: Network): void {
    for (const { securityGroup } of [this.api, this.worker]) {
      this.redis.securityGroup.addIngressRule(securityGroup, Port.tcp(Redis.port), 'Tasks');
      network.allowEndpointAccess(securityGroup);
    }
  }

  private observe(settings: Settings, { key }: FoundationStack): OperationsDashboard {
    const { topic } = new Notifications(this, 'Notifications', { settings, key });
    const sources = this.sources();
    const alarms = new Alarms(this, 'Alarms', { settings, topic, sources });
    rollBackOn(this.api.service, alarms.deployment.api);
    rollBackOn(this.worker.service, alarms.deployment.worker);
    const platform: Record<string, IMetric[]> = {
      'Load balancer: answers': [
        this.publicEndpoint.targetGroup.metrics.httpCodeTarget(HttpCodeTarget.TARGET_2XX_COUNT, PERIOD),
        sources.api5xx,
        sources.loadBalancer5xx,
      ],
      'Load balancer: time, s': [
        this.publicEndpoint.targetGroup.metrics.targetResponseTime({ ...PERIOD, statistic: 'p99' }),
      ],
      'Tasks: CPU, %': [sources.apiCpu, this.worker.service.metricCpuUtilization(PERIOD)],
      'Redis: memory and CPU, %': [sources.redisMemory, sources.redisCpu],
    };
    return new OperationsDashboard(this, 'Operations', { settings, alarms: alarms.all, platform });
  }

  private sources(): AlarmSources {
    const { metrics } = this.publicEndpoint.targetGroup;
    return {
      api5xx: metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, { ...PERIOD, statistic: 'Sum' }),
      loadBalancer5xx: this.publicEndpoint.loadBalancer.metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, {
        ...PERIOD,
        statistic: 'Sum',
      }),
      apiNotReady: this.api.task.notReady,
      workerNotReady: this.worker.task.notReady,
      unhealthyApi: metrics.unhealthyHostCount({ ...PERIOD, statistic: 'Maximum' }),
      apiCpu: this.api.service.metricCpuUtilization(PERIOD),
      redisMemory: this.redisMetric('DatabaseMemoryUsagePercentage'),
      redisCpu: this.redisMetric('EngineCPUUtilization'),
    };
  }

  /** Metrics of the first node; after a failover both have the same load. */
  private redisMetric(metricName: string): Metric {
    const CacheClusterId = Fn.join('-', [this.redis.group.ref, '001']);
    return new Metric({
      namespace: 'AWS/ElastiCache',
      metricName,
      dimensionsMap: { CacheClusterId },
      statistic: 'Maximum',
      ...PERIOD,
    });
  }

  /** Outputs for scripts/deploy.sh: addresses, and the choices that the next deployment keeps by default. */
  private addOutputs({ clusterName }: Cluster, { url }: OperationsDashboard, settings: Settings): void {
    const values = {
      ClusterName: clusterName,
      ApiServiceName: this.api.service.serviceName,
      WorkerServiceName: this.worker.service.serviceName,
      LoadBalancerDnsName: this.publicEndpoint.loadBalancer.loadBalancerDnsName,
      LoadBalancerArn: this.publicEndpoint.loadBalancer.loadBalancerArn,
      DashboardUrl: url,
      CpuArchitecture: settings.cpuArchitecture,
      MonthlyBudgetUsd: String(settings.monthlyBudgetUsd),
      AlarmEmail: settings.alarmEmail,
      DomainName: settings.domainName,
      NodeImage: settings.nodeImage,
    };
    for (const [name, value] of Object.entries(values)) if (value !== undefined) new CfnOutput(this, name, { value });
  }
}
