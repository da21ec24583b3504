import { SecretValue } from 'aws-cdk-lib';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { removalPolicyOf } from '../removal-policy';
import type { Settings } from '../settings';

/** ElastiCache accepts 16 to 128 characters and few punctuation marks. */
const GENERATED = { passwordLength: 64, excludePunctuation: true } as const;

export class Secrets extends Construct {
  /** Tenants, roles and hashes of keys; empty until scripts/deploy.sh and operators fill it. */
  readonly apiKeys: Secret;
  readonly redisPassword: Secret;
  /** Signs browser sessions. */
  readonly session: Secret;
  /** API key of the smoke test in scripts/deploy.sh. */
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
    // Initial value without keys; CloudFormation does not overwrite later values.
    this.apiKeys = create('ApiKeys', 'api-keys', SecretValue.unsafePlainText(JSON.stringify({ tenants: [] })));
    this.redisPassword = create('RedisPassword', 'redis-password');
    this.session = create('Session', 'session');
    this.smokeKey = create('SmokeKey', 'smoke-key');
  }
}
