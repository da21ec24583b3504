import { RemovalPolicy } from 'aws-cdk-lib';
import type { Settings } from './settings';

/**
 * Protected data outlive the stack, except when its creation fails: names left behind would block the next attempt.
 */
export function removalPolicyOf({ retainData: protectData }: Pick<Settings, 'retainData'>): RemovalPolicy {
  return protectData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
}
