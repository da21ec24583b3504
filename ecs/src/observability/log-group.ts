import { RemovalPolicy } from 'aws-cdk-lib';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Settings } from '../settings';

/** Encrypted, and kept as long as the settings say. */
export function createLogGroup(scope: Construct, id: string, { logDays, protectData }: Settings, encryptionKey: Key, logGroupName?: string): LogGroup {
  const removalPolicy = protectData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
  return new LogGroup(scope, id, { retention: logDays, encryptionKey, removalPolicy, logGroupName });
}
