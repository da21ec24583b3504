import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Repository } from 'aws-cdk-lib/aws-ecr';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { DataBucket } from './foundation/data-bucket';
import { createDataKey } from './foundation/data-key';
import { createImageRepository } from './foundation/image-repository';
import { LogBucket } from './foundation/log-bucket';
import { Secrets } from './foundation/secrets';
import type { Settings } from './settings';

export interface FoundationProps extends StackProps {
  readonly settings: Settings;
}

export class FoundationStack extends Stack {
  readonly key: Key;
  readonly logBucket: LogBucket;
  readonly data: DataBucket;
  readonly secrets: Secrets;
  readonly images: { readonly api: Repository; readonly worker: Repository };

  constructor(scope: Construct, id: string, props: FoundationProps) {
    super(scope, id, { ...props, description: 'Cytoqueue: data, secrets and image registries' });
    const { settings } = props;
    this.key = createDataKey(this, settings);
    this.logBucket = new LogBucket(this, 'Logs', settings);
    this.data = new DataBucket(this, 'Data', { settings, key: this.key, logBucket: this.logBucket });
    this.secrets = new Secrets(this, 'Secrets', { settings, key: this.key });
    this.images = {
      api: createImageRepository(this, 'api', settings, this.key),
      worker: createImageRepository(this, 'worker', settings, this.key),
    };
    this.addOutputs();
  }

  /** Outputs for scripts/deploy.sh. */
  private addOutputs(): void {
    const { api, worker } = this.images;
    const values = {
      BucketName: this.data.bucket.bucketName,
      LogBucketName: this.logBucket.bucket.bucketName,
      ApiRepositoryName: api.repositoryName,
      ApiRepositoryUri: api.repositoryUri,
      WorkerRepositoryName: worker.repositoryName,
      WorkerRepositoryUri: worker.repositoryUri,
      ApiKeysSecretArn: this.secrets.apiKeys.secretArn,
      SmokeKeySecretArn: this.secrets.smokeKey.secretArn,
    };
    for (const [name, value] of Object.entries(values)) new CfnOutput(this, name, { value });
  }
}
