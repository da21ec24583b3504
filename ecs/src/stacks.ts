import { type App, Tags } from 'aws-cdk-lib';
import { acknowledgeFindings } from './acknowledgements';
import { FoundationStack } from './foundation-stack';
import { ServiceStack } from './service-stack';
import type { Settings } from './settings';

/** CloudFormation's released schemas know no tags of these yet. */
const UNTAGGED = [
  'AWS::ApplicationAutoScaling::ScalableTarget',
  'AWS::ApplicationAutoScaling::ScalingPolicy',
  'AWS::CloudWatch::Dashboard',
  'AWS::ElasticLoadBalancingV2::Listener',
  'AWS::ElasticLoadBalancingV2::ListenerRule',
];

/**
 * Two stacks. The foundation holds what outlives a deployment: data, secrets, and the registries that images must be in
 * before a service can start. The services hold everything that runs, and can be deleted and made again.
 */
export function createStacks(app: App, settings: Settings): { foundation: FoundationStack; services: ServiceStack } {
  const name = (part: string): string => `cytoqueue-${settings.environment}-${part}`;
  // From the first success on: a stack that failed to be created must be deleted before it is created again.
  const terminationProtection = settings.isProtected;
  const foundation = new FoundationStack(app, name('foundation'), { settings, terminationProtection });
  const services = new ServiceStack(app, name('services'), { settings, foundation, terminationProtection });
  for (const [key, value] of Object.entries({ project: 'cytoqueue', environment: settings.environment })) {
    Tags.of(app).add(key, value, { excludeResourceTypes: UNTAGGED });
  }
  acknowledgeFindings(foundation, services, settings);
  return { foundation, services };
}
