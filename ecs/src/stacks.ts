import { type App, Tags } from 'aws-cdk-lib';
import { acknowledgeFindings } from './acknowledgements';
import { FoundationStack } from './foundation-stack';
import { ServiceStack } from './service-stack';
import type { Settings } from './settings';

/** CloudFormation's released schemas do not support tags on these resources yet. */
const UNTAGGED = [
  'AWS::ApplicationAutoScaling::ScalableTarget',
  'AWS::ApplicationAutoScaling::ScalingPolicy',
  'AWS::CloudWatch::Dashboard',
  'AWS::ElasticLoadBalancingV2::Listener',
  'AWS::ElasticLoadBalancingV2::ListenerRule',
];

/**
 * Two stacks. The foundation holds what outlives a deployment: data, secrets, and the image registries that must be
 * filled before a service can start. The services hold everything that runs, and can be deleted and created again.
 */
export function createStacks(app: App, settings: Settings): { foundation: FoundationStack; services: ServiceStack } {
  const name = (part: string): string => `cytoqueue-${settings.environment}-${part}`;
  // Only after the first success: a stack whose creation failed must be deleted before the next attempt.
  const terminationProtection = settings.isProtected;
  const foundation = new FoundationStack(app, name('foundation'), { settings, terminationProtection });
  const services = new ServiceStack(app, name('services'), { settings, foundation, terminationProtection });
  for (const [key, value] of Object.entries({ project: 'cytoqueue', environment: settings.environment })) {
    Tags.of(app).add(key, value, { excludeResourceTypes: UNTAGGED });
  }
  acknowledgeFindings(foundation, services, settings);
  return { foundation, services };
}
