import {
  ACCOUNT,
  type Need,
  OTHER_ACCOUNT,
  REGION,
  physical,
  resourcePolicyAllows,
  roleStatements,
  unusedPermissions,
} from './policy-simulator';
import { type Environment, type Statement, asList, isAllowed, resolve, resourcesOf, synthesise } from './templates';

const environments = ['minimal', 'production'].map((name): [string, Environment] => [name, synthesise(name)]);

interface Container {
  Image: string;
  Secrets: { ValueFrom: string }[];
  LogConfiguration: { Options: Record<string, string> };
}

const own = { 'aws:SourceAccount': ACCOUNT };
const foreign = { 'aws:SourceAccount': OTHER_ACCOUNT };

describe.each(environments)('%s', (name, environment) => {
  const { foundation, services } = environment;
  const real = physical(environment);
  const documentsOf = (template: Environment['services'], type: string): Statement[][] =>
    resourcesOf(template, type).map(
      ({ Properties }) =>
        real((Properties['PolicyDocument'] ?? Properties['KeyPolicy']) as { Statement: Statement[] }).Statement,
    );
  const [keyPolicy = []] = resourcesOf(foundation, 'AWS::KMS::Key').map(
    ({ Properties }) => real(Properties['KeyPolicy'] as { Statement: Statement[] }).Statement,
  );
  const keyArn = real({ 'Fn::GetAtt': [resourcesOf(foundation, 'AWS::KMS::Key')[0]!.id, 'Arn'] }) as unknown as string;
  const logGroupArns = resourcesOf(services, 'AWS::Logs::LogGroup').map(({ id }) =>
    (real({ 'Fn::GetAtt': [id, 'Arn'] }) as unknown as string).replace(/:\*$/, ''),
  );

  const containerOf = (service: string): Container => {
    const [definition] = resourcesOf(services, 'AWS::ECS::TaskDefinition').filter(({ id }) => id.startsWith(service));
    return real(definition!.Properties['ContainerDefinitions'] as Container[])[0]!;
  };

  /** Actions of ECS with the execution role to start the container. */
  const needsOfStart = (service: string): Need[] => {
    const { Image, Secrets, LogConfiguration } = containerOf(service);
    const repository = `arn:aws:ecr:${REGION}:${ACCOUNT}:repository/${/amazonaws.com\/(.*)@/.exec(Image)![1]}`;
    const group = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${LogConfiguration.Options['awslogs-group']}:*`;
    return [
      ...Secrets.flatMap(({ ValueFrom }) => [
        { action: 'secretsmanager:GetSecretValue', resource: ValueFrom },
        { action: 'secretsmanager:DescribeSecret', resource: ValueFrom },
      ]),
      { action: 'kms:Decrypt', resource: keyArn, keys: { 'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com` } },
      ...['logs:CreateLogStream', 'logs:PutLogEvents'].map((action) => ({ action, resource: group })),
      ...['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'].map((action) => ({
        action,
        resource: repository,
      })),
      { action: 'ecr:GetAuthorizationToken', resource: '*' },
    ];
  };

  test.each(['Api', 'Worker'])(
    'the execution role of %s may do what starting its task needs, and nothing else',
    (service) => {
      const statements = roleStatements(environment, `${service}TaskDefinitionExecutionRole`);
      const needs = needsOfStart(service);
      expect(needs.filter(({ action, resource, keys }) => !isAllowed(statements, action, resource, keys))).toEqual([]);
      expect(unusedPermissions(statements, needs)).toEqual([]);
      // The key may be used for secrets only, not for objects or logs that it also encrypts.
      expect(isAllowed(statements, 'kms:Decrypt', keyArn, { 'kms:ViaService': `s3.${REGION}.amazonaws.com` })).toBe(
        false,
      );
      expect(isAllowed(statements, 'kms:Decrypt', keyArn)).toBe(false);
    },
  );

  test.each(['Api', 'Worker'])(
    'the task role of %s uses the key through S3 only, and protects tasks of its own cluster only',
    (service) => {
      const statements = roleStatements(environment, `${service}TaskDefinitionTaskRole`);
      for (const action of ['kms:Decrypt', 'kms:GenerateDataKey']) {
        expect(isAllowed(statements, action, keyArn, { 'kms:ViaService': `s3.${REGION}.amazonaws.com` })).toBe(true);
        expect(
          isAllowed(statements, action, keyArn, { 'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com` }),
        ).toBe(false);
      }
      const task = (cluster: string): string => `arn:aws:ecs:${REGION}:${ACCOUNT}:task/${cluster}/0123`;
      expect(isAllowed(statements, 'ecs:UpdateTaskProtection', task(`cytoqueue-${name}`))).toBe(true);
      expect(isAllowed(statements, 'ecs:UpdateTaskProtection', task('another'))).toBe(false);
      const services = new Set(
        statements.flatMap(({ Action }) => asList(Action)).map((action) => action.split(':')[0]),
      );
      expect([...services].sort()).toEqual(['cloudwatch', 'ecs', 'kms', 's3']);
    },
  );

  test('flow logs may be written to their group only', () => {
    const statements = roleStatements(environment, 'NetworkVpcFlowsIAMRole');
    const group = `${logGroupArns.find((arn) => arn.includes('FlowLogs'))}:*`;
    const needs = ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams'].map((action) => ({
      action,
      resource: group,
    }));
    expect(needs.filter(({ action, resource }) => !isAllowed(statements, action, resource))).toEqual([]);
    expect(unusedPermissions(statements, needs)).toEqual([]);
  });

  test('these tests cover every type of resource that the key encrypts', () => {
    const users = [foundation, services].flatMap((template) =>
      Object.values(
        (template.toJSON() as { Resources: Record<string, { Type: string; Properties?: object }> }).Resources,
      )
        .filter(
          ({ Type, Properties }) =>
            Type !== 'AWS::KMS::Alias' &&
            !Type.startsWith('AWS::IAM') &&
            /Kms|KMS/.test(JSON.stringify(Properties ?? {})),
        )
        .map(({ Type }) => Type),
    );
    // Log groups and the topic use the key's policy (below), secrets and objects the roles (above). Amazon ECR and
    // ElastiCache use grants, which CloudFormation's caller creates with the resource.
    const known = [
      'AWS::ECR::Repository',
      'AWS::ElastiCache::ReplicationGroup',
      'AWS::KMS::Key',
      'AWS::Logs::LogGroup',
      'AWS::S3::Bucket',
      'AWS::SNS::Topic',
      'AWS::SecretsManager::Secret',
    ];
    expect([...new Set(users)].sort()).toEqual(known.filter((type) => users.includes(type)));
    expect(users.filter((type) => type === 'AWS::Logs::LogGroup')).toHaveLength(logGroupArns.length);
  });

  test('the key lets CloudWatch Logs use it for each group of this account, and alarms and budgets for the topic', () => {
    const logs = `logs.${REGION}.amazonaws.com`;
    const use = (arn: string, action: string): Need => ({
      action,
      resource: keyArn,
      keys: { 'kms:EncryptionContext:aws:logs:arn': arn },
    });
    for (const arn of logGroupArns) {
      for (const action of ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptTo', 'kms:GenerateDataKey', 'kms:DescribeKey'])
        expect([arn, resourcePolicyAllows(keyPolicy, logs, use(arn, action))]).toEqual([arn, true]);
      expect(resourcePolicyAllows(keyPolicy, logs, use(arn.replace(ACCOUNT, OTHER_ACCOUNT), 'kms:Decrypt'))).toBe(
        false,
      );
    }
    for (const principal of ['cloudwatch.amazonaws.com', 'budgets.amazonaws.com']) {
      for (const action of ['kms:Decrypt', 'kms:GenerateDataKey']) {
        expect(resourcePolicyAllows(keyPolicy, principal, { action, resource: keyArn, keys: own })).toBe(true);
        expect(resourcePolicyAllows(keyPolicy, principal, { action, resource: keyArn, keys: foreign })).toBe(false);
      }
    }
    expect(
      resourcePolicyAllows(keyPolicy, 'delivery.logs.amazonaws.com', {
        action: 'kms:Decrypt',
        resource: keyArn,
        keys: own,
      }),
    ).toBe(false);
  });

  test('only alarms and the budget of this account may publish to their topic', () => {
    const [topicPolicy = []] = documentsOf(services, 'AWS::SNS::TopicPolicy');
    const [topic] = resourcesOf(services, 'AWS::SNS::Topic').map(({ id }) => real({ Ref: id }) as unknown as string);
    const targets = real(
      resourcesOf(services, 'AWS::CloudWatch::Alarm').flatMap(
        ({ Properties }) => (Properties['AlarmActions'] ?? []) as unknown[],
      ),
    ) as string[];
    expect(new Set(targets.filter((target) => target.includes(':sns:')))).toEqual(new Set([topic]));
    const publish = (keys: Record<string, string>): Need => ({ action: 'sns:Publish', resource: topic!, keys });
    for (const principal of ['cloudwatch.amazonaws.com', 'budgets.amazonaws.com']) {
      expect([
        resourcePolicyAllows(topicPolicy, principal, publish(own)),
        resourcePolicyAllows(topicPolicy, principal, publish(foreign)),
      ]).toEqual([true, false]);
    }
    expect(resourcePolicyAllows(topicPolicy, 'events.amazonaws.com', publish(own))).toBe(false);
    expect(
      resourcePolicyAllows(
        topicPolicy,
        'cloudwatch.amazonaws.com',
        publish({ ...own, 'aws:SecureTransport': 'false' }),
      ),
    ).toBe(false);
  });

  test('only the load balancer and the data bucket may write access logs, to their prefixes', () => {
    const buckets = resourcesOf(foundation, 'AWS::S3::Bucket').map(({ id }) => real({ Ref: id }) as unknown as string);
    const logBucket = buckets.find((bucket) => bucket.includes('logs'))!;
    const dataBucket = buckets.find((bucket) => bucket.includes('-data-'))!;
    const statements = documentsOf(foundation, 'AWS::S3::BucketPolicy').flat();
    const put = (key: string, keys: Record<string, string> = {}): Need => ({
      action: 's3:PutObject',
      resource: `arn:aws:s3:::${logBucket}/${key}`,
      keys,
    });
    const balancer = 'logdelivery.elasticloadbalancing.amazonaws.com';
    expect(
      resourcePolicyAllows(statements, balancer, put(`load-balancer/AWSLogs/${ACCOUNT}/elasticloadbalancing/x.log.gz`)),
    ).toBe(true);
    expect(resourcePolicyAllows(statements, balancer, put(`load-balancer/AWSLogs/${OTHER_ACCOUNT}/x.log.gz`))).toBe(
      false,
    );
    const s3 = 'logging.s3.amazonaws.com';
    const from = (bucket: string, keys = own): Record<string, string> => ({
      ...keys,
      'aws:SourceArn': `arn:aws:s3:::${bucket}`,
    });
    expect(resourcePolicyAllows(statements, s3, put('data-bucket/x', from(dataBucket)))).toBe(true);
    for (const keys of [from('another'), from(dataBucket, foreign)])
      expect(resourcePolicyAllows(statements, s3, put('data-bucket/x', keys))).toBe(false);
  });

  test('the firewall and Valkey may write to their log groups only', () => {
    const policies = resourcesOf(services, 'AWS::Logs::ResourcePolicy').map(
      ({ Properties }) =>
        (JSON.parse(real(Properties['PolicyDocument']) as string) as { Statement: Statement[] }).Statement,
    );
    const [logging] = resourcesOf(services, 'AWS::WAFv2::LoggingConfiguration');
    const [waf] = real(logging!.Properties['LogDestinationConfigs'] as string[]);
    // WAF accepts neither another prefix of the name nor the `:*` of a group's attribute Arn.
    expect(waf).toMatch(
      new RegExp(`^arn:aws:logs:${REGION}:${ACCOUNT}:log-group:aws-waf-logs-cytoqueue-${name}-[^:]+$`),
    );
    const slowLog = logGroupArns.find((arn) => arn.includes('SlowLog'))!;
    const sourceArn = `arn:aws:logs:${REGION}:${ACCOUNT}:delivery-source:x`;
    const write = (group: string, account = ACCOUNT): Need => ({
      action: 'logs:PutLogEvents',
      resource: `${group}:log-stream:x`,
      keys: { 'aws:SourceAccount': account, 'aws:SourceArn': sourceArn },
    });
    const mayDeliver = (need: Need, principal = 'delivery.logs.amazonaws.com'): boolean =>
      policies.some((statements) => resourcePolicyAllows(statements, principal, need));
    for (const group of [waf!, slowLog]) {
      expect([
        group,
        mayDeliver(write(group)),
        mayDeliver(write(group, OTHER_ACCOUNT)),
        mayDeliver(write(group), 'es.amazonaws.com'),
      ]).toEqual([group, true, false, false]);
    }
    for (const group of logGroupArns.filter((arn) => arn !== waf && arn !== slowLog))
      expect([group, mayDeliver(write(group))]).toEqual([group, false]);
    // Without the policies the first delivery would fail, so they are created first.
    const before = [logging!, ...resourcesOf(services, 'AWS::ElastiCache::ReplicationGroup')].map(
      ({ DependsOn = [] }) => DependsOn.filter((id) => id.includes('LogDelivery')),
    );
    expect(before.map(({ length }) => length)).toEqual([1, 1]);
  });

  test('each endpoint allows the requests that tasks and their start need, of this account and environment only', () => {
    const endpoints = resourcesOf(services, 'AWS::EC2::VPCEndpoint').map(({ Properties }) => ({
      service: (resolve(Properties['ServiceName']) as string).replace(`com.amazonaws.${REGION}.`, ''),
      statements: real((Properties['PolicyDocument'] as { Statement: Statement[] } | undefined)?.Statement ?? []),
    }));
    const bucket = `arn:aws:s3:::cytoqueue-${name}-data-${ACCOUNT}-${REGION}`;
    const objects = ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'].map((action) => ({
      action,
      resource: `${bucket}/tenants/a/x`,
    }));
    const needs: Need[] = [
      ...['Api', 'Worker'].flatMap(needsOfStart).filter(({ action }) => !action.startsWith('kms:')),
      ...objects,
      { action: 's3:ListBucket', resource: bucket },
      { action: 'cloudwatch:PutMetricData', resource: '*', keys: { 'cloudwatch:namespace': 'Cytoqueue' } },
    ];
    const ofAction: Record<string, RegExp> = {
      s3: /^s3$/,
      ecr: /^ecr\./,
      logs: /^logs$/,
      cloudwatch: /^monitoring$/,
      secretsmanager: /^secretsmanager$/,
    };
    const passes = ({ action, resource, keys }: Need, account = ACCOUNT): boolean[] =>
      endpoints
        .filter(({ service }) => ofAction[action.split(':')[0]!]!.test(service))
        .map(({ statements }) =>
          resourcePolicyAllows(statements, '*', {
            action,
            resource,
            keys: { 'aws:PrincipalAccount': account, ...keys },
          }),
        );
    for (const need of needs) {
      expect([need, passes(need).every(Boolean)]).toEqual([need, true]);
      expect([need, passes(need, OTHER_ACCOUNT).some(Boolean)]).toEqual([need, false]);
    }
    // Image layers are fetched with Amazon ECR's signature.
    const layer = { action: 's3:GetObject', resource: `arn:aws:s3:::prod-${REGION}-starport-layer-bucket/x` };
    expect(passes(layer, OTHER_ACCOUNT)).toEqual([true]);
    for (const resource of ['arn:aws:s3:::elsewhere/x', `${bucket}-copy/x`])
      expect(passes({ action: 's3:PutObject', resource })).toEqual([false]);
    expect(
      passes({
        action: 'secretsmanager:GetSecretValue',
        resource: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:other-AbCdEf`,
      }).some(Boolean),
    ).toBe(false);
    for (const { statements } of endpoints) expect(statements.length).toBeGreaterThan(0);
  });
});
