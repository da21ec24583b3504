import { CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  ApplicationLoadBalancer,
  ApplicationProtocol,
  type ApplicationTargetGroup,
  DesyncMitigationMode,
  IpAddressType,
  ListenerAction,
  ListenerCertificate,
  ListenerCondition,
  SslPolicy,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import type { FoundationStack } from '../foundation-stack';
import { LogBucket } from '../foundation/log-bucket';
import type { Settings } from '../settings';
import { API_PORT, type ApiService } from './api-service';
import type { Network } from './network';

/** Longer than the longest `Prefer: wait`, shorter than the API's keep-alive (130 s). */
const IDLE_TIMEOUT = Duration.seconds(120);
/** Not served at the public address, only inside the network. */
const BLOCKED_PATHS = ['/metrics', '/metrics/*'];
/**
 * An upload that began just before its task was deregistered may take this long; longer ones protect their task
 * (TaskProtection).
 */
const DEREGISTRATION_DELAY = Duration.minutes(15);

export interface PublicEndpointProps {
  readonly settings: Settings;
  readonly foundation: FoundationStack;
  readonly network: Network;
  readonly api: ApiService;
}

/** The public address: HTTPS only, in two zones, with access logs. */
export class PublicEndpoint extends Construct {
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly targetGroup: ApplicationTargetGroup;

  constructor(scope: Construct, id: string, props: PublicEndpointProps) {
    super(scope, id);
    this.loadBalancer = this.createLoadBalancer(props);
    this.logAccess(props.foundation.logBucket);
    this.targetGroup = this.listen(props);
  }

  private createLoadBalancer({ settings, network, api }: PublicEndpointProps): ApplicationLoadBalancer {
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: network.vpc,
      description: 'Load balancer',
      allowAllOutbound: false,
    });
    securityGroup.addIngressRule(Peer.anyIpv4(), Port.tcp(443), 'HTTPS from anywhere');
    securityGroup.addIngressRule(Peer.anyIpv4(), Port.tcp(80), 'HTTP from anywhere, answered with a redirect to HTTPS');
    securityGroup.addEgressRule(api.securityGroup, Port.tcp(API_PORT), 'Tasks of the API');
    api.securityGroup.addIngressRule(securityGroup, Port.tcp(API_PORT), 'Load balancer');
    return new ApplicationLoadBalancer(this, 'LoadBalancer', {
      vpc: network.vpc,
      vpcSubnets: { subnetGroupName: 'public' },
      internetFacing: true,
      ipAddressType: IpAddressType.IPV4,
      securityGroup,
      idleTimeout: IDLE_TIMEOUT,
      dropInvalidHeaderFields: true,
      desyncMitigationMode: DesyncMitigationMode.STRICTEST,
      deletionProtection: settings.isProtected,
    });
  }

  /** By attributes: the construct's own method needs the region at synthesis. */
  private logAccess({ bucket }: LogBucket): void {
    this.loadBalancer.setAttribute('access_logs.s3.enabled', 'true');
    this.loadBalancer.setAttribute('access_logs.s3.bucket', bucket.bucketName);
    this.loadBalancer.setAttribute('access_logs.s3.prefix', LogBucket.loadBalancerPrefix);
  }

  private listen({ api }: PublicEndpointProps): ApplicationTargetGroup {
    const certificate = new CfnParameter(Stack.of(this), 'CertificateArn', {
      type: 'String',
      description: 'Certificate of the public address, in AWS Certificate Manager of this region',
      allowedPattern: '^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[0-9a-f-]{36}$',
    });
    const listener = this.loadBalancer.addListener('Https', {
      port: 443,
      protocol: ApplicationProtocol.HTTPS,
      sslPolicy: SslPolicy.RECOMMENDED_TLS,
      certificates: [ListenerCertificate.fromArn(certificate.valueAsString)],
      open: false,
    });
    this.loadBalancer.addListener('Http', {
      port: 80,
      open: false,
      defaultAction: ListenerAction.redirect({ port: '443', protocol: ApplicationProtocol.HTTPS, permanent: true }),
    });
    listener.addAction('Hidden', {
      priority: 10,
      conditions: [ListenerCondition.pathPatterns(BLOCKED_PATHS)],
      action: ListenerAction.fixedResponse(404, { contentType: 'text/plain', messageBody: 'not found' }),
    });
    return listener.addTargets('Api', {
      port: API_PORT,
      protocol: ApplicationProtocol.HTTP,
      targets: [api.service],
      deregistrationDelay: DEREGISTRATION_DELAY,
      // Checks live, not ready: without Redis the API still serves finished results, and other tasks would lack Redis
      // too.
      healthCheck: {
        path: '/health/live',
        interval: Duration.seconds(10),
        timeout: Duration.seconds(5),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 3,
      },
    });
  }
}
