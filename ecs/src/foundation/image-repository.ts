import { Duration } from 'aws-cdk-lib';
import { Repository, RepositoryEncryption, TagMutability, TagStatus } from 'aws-cdk-lib/aws-ecr';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { removalPolicyOf } from '../removal-policy';
import type { Settings } from '../settings';

/** Number of images kept for rolling back. */
const IMAGES_KEPT = 20;

export function imageRepositoryName({ environment }: Settings, service: 'api' | 'worker'): string {
  return `cytoqueue-${environment}/${service}`;
}

export function createImageRepository(
  scope: Construct,
  service: 'api' | 'worker',
  settings: Settings,
  key: Key,
): Repository {
  return new Repository(scope, `${service === 'api' ? 'Api' : 'Worker'}Images`, {
    repositoryName: imageRepositoryName(settings, service),
    imageScanOnPush: true,
    imageTagMutability: TagMutability.IMMUTABLE,
    encryption: RepositoryEncryption.KMS,
    encryptionKey: key,
    emptyOnDelete: !settings.retainData,
    removalPolicy: removalPolicyOf(settings),
    lifecycleRules: [
      { rulePriority: 1, tagStatus: TagStatus.UNTAGGED, maxImageAge: Duration.days(1) },
      { rulePriority: 2, tagStatus: TagStatus.ANY, maxImageCount: IMAGES_KEPT },
    ],
  });
}
