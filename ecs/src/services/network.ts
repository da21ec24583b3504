import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  Port,
  SecurityGroup,
  type SubnetSelection,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { createLogGroup } from '../observability/log-group';
import type { Settings } from '../settings';
import { interfaceStatements, s3Statements } from './endpoint-policies';

/**
 * AWS services that tasks use: images, logs, metrics and secrets. Without NAT these endpoints are the only way out.
 */
const INTERFACE_ENDPOINTS = {
  EcrApi: InterfaceVpcEndpointAwsService.ECR,
  EcrDocker: InterfaceVpcEndpointAwsService.ECR_DOCKER,
  Logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  Monitoring: InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING,
  Secrets: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
} as const;

export class Network extends Construct {
  readonly vpc: Vpc;
  readonly taskSubnets: SubnetSelection;
  readonly redisSubnets: SubnetSelection;
  private endpoints: SecurityGroup | undefined;

  constructor(scope: Construct, id: string, { settings, key }: { settings: Settings; key: Key }) {
    super(scope, id);
    const isPrivate = settings.taskSubnets === 'private';
    this.vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr('10.20.0.0/16'),
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [
        { name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
        ...(isPrivate ? [{ name: 'tasks', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 22 }] : []),
        { name: 'redis', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 26 },
      ],
    });
    this.taskSubnets = { subnets: this.zonesOf(isPrivate ? 'tasks' : 'public', settings) };
    this.redisSubnets = { subnets: this.zonesOf('redis', settings) };
    const s3 = this.vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 });
    for (const statement of s3Statements(this, settings)) s3.addToPolicy(statement);
    if (isPrivate) this.addInterfaceEndpoints(settings);
    this.logFlows(createLogGroup(this, 'FlowLogs', settings, key));
  }

  private zonesOf(subnetGroupName: string, { zones }: Settings) {
    return this.vpc.selectSubnets({ subnetGroupName }).subnets.slice(0, zones);
  }

  private addInterfaceEndpoints(settings: Settings): void {
    const securityGroup = new SecurityGroup(this, 'EndpointsGroup', {
      vpc: this.vpc,
      description: 'Endpoints of AWS',
      allowAllOutbound: false,
    });
    const policies = interfaceStatements(this, settings);
    for (const name of Object.keys(INTERFACE_ENDPOINTS) as (keyof typeof INTERFACE_ENDPOINTS)[]) {
      const endpoint = this.vpc.addInterfaceEndpoint(name, {
        service: INTERFACE_ENDPOINTS[name],
        subnets: this.taskSubnets,
        securityGroups: [securityGroup],
        open: false,
      });
      for (const statement of policies[name]) endpoint.addToPolicy(statement);
    }
    this.endpoints = securityGroup;
  }

  /** Lets tasks use the endpoints, if there are any. */
  allowEndpointAccess(tasks: SecurityGroup): void {
    this.endpoints?.addIngressRule(tasks, Port.tcp(443), 'Tasks');
  }

  private logFlows(logGroup: LogGroup): void {
    this.vpc.addFlowLog('Flows', {
      destination: FlowLogDestination.toCloudWatchLogs(logGroup),
      trafficType: FlowLogTrafficType.REJECT,
    });
  }
}
