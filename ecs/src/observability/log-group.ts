import type { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { removalPolicyOf } from '../removal-policy';
import type { Settings } from '../settings';

/** Creates an encrypted log group with the retention of the settings. */
export function createLogGroup(
  scope: Construct,
  id: string,
  settings: Settings,
  encryptionKey: Key,
  logGroupName?: string,
): LogGroup {
  return new LogGroup(scope, id, {
    retention: settings.logDays,
    encryptionKey,
    removalPolicy: removalPolicyOf(settings),
    logGroupName,
  });
}
