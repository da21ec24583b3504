import { Duration, Stack } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type LifecycleRule,
  ObjectOwnership,
  StorageClass,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { writeOncePatterns } from '../permissions';
import { removalPolicyOf } from '../removal-policy';
import type { Settings } from '../settings';
import { LogBucket } from './log-bucket';

/** The audit log is kept for six years, HIPAA's retention period for documentation. */
const AUDIT_RETENTION_DAYS = 6 * 365 + 2;
/** Days during which deleted or replaced objects can be restored. */
const VERSION_RETENTION_DAYS = 7;
/** Markers are written and deleted with every record; their old versions are useless. */
const MARKER_VERSION_RETENTION_DAYS = 1;
/** Longer than the product's retention, for objects that the sweeper missed. */
const EXPIRY_MARGIN_DAYS = 14;

/** Name that both stacks can compute, so that the services' policies need no output of the other stack. */
export function dataBucketName(stack: Stack, { environment }: Settings): string {
  return `cytoqueue-${environment}-data-${stack.account}-${stack.region}`;
}

export class DataBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: { settings: Settings; key: Key; logBucket: LogBucket }) {
    super(scope, id);
    const { settings, key, logBucket } = props;
    this.bucket = new Bucket(this, 'Bucket', {
      bucketName: dataBucketName(Stack.of(this), settings),
      encryption: BucketEncryption.KMS,
      encryptionKey: key,
      bucketKeyEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      versioned: true,
      serverAccessLogsBucket: logBucket.bucket,
      serverAccessLogsPrefix: LogBucket.dataPrefix,
      removalPolicy: removalPolicyOf(settings),
      lifecycleRules: lifecycle(settings),
    });
    this.denyOverwritingResults();
  }

  /**
   * Enforces write-once keys for every writer: a put without `If-None-Match` is denied. The parts of a multipart upload
   * cannot carry this header; the completion, which creates the object, does.
   */
  private denyOverwritingResults(): void {
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'ResultsAreWrittenOnce',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['s3:PutObject'],
        resources: writeOncePatterns.map((pattern) => this.bucket.arnForObjects(pattern)),
        conditions: { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
      }),
    );
  }
}

function lifecycle({ retentionDays, confirmationRetentionDays }: Settings): LifecycleRule[] {
  return [
    {
      id: 'every-prefix',
      abortIncompleteMultipartUploadAfter: Duration.days(1),
      noncurrentVersionExpiration: Duration.days(VERSION_RETENTION_DAYS),
      expiredObjectDeleteMarker: true,
    },
    { id: 'pending', prefix: 'pending/', noncurrentVersionExpiration: Duration.days(MARKER_VERSION_RETENTION_DAYS) },
    { id: 'tenants', prefix: 'tenants/', expiration: Duration.days(retentionDays + EXPIRY_MARGIN_DAYS) },
    // A day's summary is not written again after its last answer was confirmed.
    ...['confirmations', 'scored'].map((folder) => ({
      id: folder,
      prefix: `${folder}/`,
      expiration: Duration.days(confirmationRetentionDays + retentionDays + EXPIRY_MARGIN_DAYS),
    })),
    {
      id: 'audit',
      prefix: 'audit/',
      expiration: Duration.days(AUDIT_RETENTION_DAYS),
      transitions: [{ storageClass: StorageClass.GLACIER_INSTANT_RETRIEVAL, transitionAfter: Duration.days(90) }],
    },
  ];
}
