import type { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { removalPolicyOf } from '../removal-policy';
import type { Settings } from '../settings';

/** Encrypted, and kept as long as the settings say. */
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
