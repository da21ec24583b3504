import { SecretValue } from 'aws-cdk-lib';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { removalPolicyOf } from '../removal-policy';
import type { Settings } from '../settings';

/** ElastiCache takes 16 to 128 characters, and few of the punctuation marks. */
const GENERATED = { passwordLength: 64, excludePunctuation: true } as const;

export class Secrets extends Construct {
  /** Tenants, roles and hashes of keys; empty until scripts/deploy.sh and operators fill it. */
  readonly apiKeys: Secret;
  readonly redisPassword: Secret;
  /** Seals browser sessions. */
  readonly session: Secret;
  /** The key with which scripts/deploy.sh sends its smoke batch. */
  readonly smokeKey: Secret;

  constructor(scope: Construct, id: string, { settings, key }: { settings: Settings; key: Key }) {
    super(scope, id);
    const create = (name: string, what: string, secretStringValue?: SecretValue): Secret =>
      new Secret(this, name, {
        secretName: `cytoqueue-${settings.environment}/${what}`,
        encryptionKey: key,
        removalPolicy: removalPolicyOf(settings),
        ...(secretStringValue === undefined ? { generateSecretString: GENERATED } : { secretStringValue }),
      });
    // No secret: it holds no key yet, and CloudFormation leaves what is put there later.
    this.apiKeys = create('ApiKeys', 'api-keys', SecretValue.unsafePlainText(JSON.stringify({ tenants: [] })));
    this.redisPassword = create('RedisPassword', 'redis-password');
    this.session = create('Session', 'session');
    this.smokeKey = create('SmokeKey', 'smoke-key');
  }
}
