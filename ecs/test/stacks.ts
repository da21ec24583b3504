import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogue } from '@cytoqueue/metrics';
import { cloudWatchScaling } from '@cytoqueue/scaling';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { type Environment, resolve, resourcesOf, synthesise } from './templates';
import { writeOncePatterns } from '../src/permissions';

const minimal = synthesise('minimal');
const production = synthesise('production');
const both: [string, Environment][] = [
  ['minimal', minimal],
  ['production', production],
];

const only = (template: Template, type: string, idStart = ''): Record<string, unknown> => {
  const found = resourcesOf(template, type).filter(({ id }) => id.startsWith(idStart));
  expect(found).toHaveLength(1);
  return resolve(found[0]!.Properties) as Record<string, unknown>;
};

describe.each(both)('%s', (environment, { settings, foundation, services }) => {
  test('has no NAT, and reaches S3 without leaving AWS', () => {
    services.resourceCountIs('AWS::EC2::NatGateway', 0);
    services.hasResourceProperties('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Gateway' });
  });

  test('runs two Fargate services with a circuit breaker that rolls back', () => {
    services.resourceCountIs('AWS::ECS::Service', 2);
    services.allResourcesProperties('AWS::ECS::Service', {
      DeploymentConfiguration: Match.objectLike({
        DeploymentCircuitBreaker: { Enable: true, Rollback: true },
        MinimumHealthyPercent: 100,
      }),
    });
    services.hasResourceProperties('AWS::ECS::Cluster', {
      ClusterSettings: [{ Name: 'containerInsights', Value: 'enabled' }],
    });
    services.hasResourceProperties('AWS::ECS::Service', {
      CapacityProviderStrategy: Match.arrayWith([
        Match.objectLike({ CapacityProvider: 'FARGATE_SPOT', Weight: settings.spotWeight }),
      ]),
    });
  });

  test('runs each container read-only, as an unprivileged user, with an init process and two minutes to stop', () => {
    const definitions = resourcesOf(services, 'AWS::ECS::TaskDefinition').map(({ Properties }) => Properties);
    for (const { ContainerDefinitions } of definitions as { ContainerDefinitions: Record<string, unknown>[] }[]) {
      expect(ContainerDefinitions).toHaveLength(1);
      expect(ContainerDefinitions[0]).toMatchObject({
        User: 'node',
        ReadonlyRootFilesystem: true,
        StopTimeout: 120,
        LinuxParameters: { InitProcessEnabled: true, Capabilities: { Drop: ['ALL'] } },
        MountPoints: [{ ContainerPath: '/tmp', ReadOnly: false, SourceVolume: 'tmp' }],
      });
      expect(JSON.stringify(ContainerDefinitions[0]!['HealthCheck'])).not.toMatch(/curl|CMD-SHELL/);
    }
    expect(new Set(definitions.map(({ TaskRoleArn }) => JSON.stringify(TaskRoleArn))).size).toBe(2);
  });

  test('gives services their secrets from Secrets Manager, and none as a plain variable', () => {
    const [api, worker] = ['Api', 'Worker'].map((service) => {
      const { ContainerDefinitions } = only(services, 'AWS::ECS::TaskDefinition', service) as {
        ContainerDefinitions: { Secrets: { Name: string }[]; Environment: { Name: string }[] }[];
      };
      const [container] = ContainerDefinitions;
      expect(container!.Environment.map(({ Name }) => Name).filter((name) => /SECRET|PASSWORD|KEY/.test(name))).toEqual(
        [],
      );
      return container!.Secrets.map(({ Name }) => Name).sort();
    });
    expect(api).toEqual(['API_KEYS', 'REDIS_PASSWORD', 'SESSION_SECRET']);
    expect(worker).toEqual(['REDIS_PASSWORD']);
  });

  test('has Valkey on dedicated nodes with TLS, a password and no eviction', () => {
    services.hasResourceProperties('AWS::ElastiCache::ReplicationGroup', {
      Engine: 'valkey',
      TransitEncryptionEnabled: true,
      TransitEncryptionMode: 'required',
      AtRestEncryptionEnabled: true,
      MultiAZEnabled: settings.redis.nodes > 1,
      AutomaticFailoverEnabled: settings.redis.nodes > 1,
      AuthToken: Match.anyValue(),
    });
    services.resourceCountIs('AWS::ElastiCache::ServerlessCache', 0);
    services.hasResourceProperties('AWS::ElastiCache::ParameterGroup', {
      Properties: { 'maxmemory-policy': 'noeviction' },
    });
    expect(
      JSON.stringify(resourcesOf(services, 'AWS::ElastiCache::ReplicationGroup')[0]?.Properties['AuthToken']),
    ).toContain('{{resolve:secretsmanager:');
  });

  test('keeps data encrypted, versioned, private, reachable by TLS only, with its retention', () => {
    foundation.hasResourceProperties('AWS::S3::Bucket', {
      BucketName: Match.anyValue(),
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          Match.objectLike({
            BucketKeyEnabled: true,
            ServerSideEncryptionByDefault: Match.objectLike({ SSEAlgorithm: 'aws:kms' }),
          }),
        ],
      },
      VersioningConfiguration: { Status: 'Enabled' },
      LifecycleConfiguration: {
        Rules: Match.arrayWith([
          Match.objectLike({ Prefix: 'tenants/', ExpirationInDays: settings.retentionDays + 14 }),
          Match.objectLike({
            Prefix: 'confirmations/',
            ExpirationInDays: settings.confirmationRetentionDays + settings.retentionDays + 14,
          }),
        ]),
      },
    });
    foundation.allResourcesProperties('AWS::S3::Bucket', {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
    foundation.allResourcesProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: Match.objectLike({
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      }),
    });
    foundation.allResources('AWS::S3::Bucket', {
      DeletionPolicy: settings.retainData ? 'RetainExceptOnCreate' : 'Delete',
    });
  });

  test('denies writing a result without If-None-Match, except for parts of an upload', () => {
    const policies = resourcesOf(foundation, 'AWS::S3::BucketPolicy').map(
      ({ Properties }) => resolve(Properties) as { PolicyDocument: { Statement: Record<string, unknown>[] } },
    );
    const statement = policies
      .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
      .find(({ Sid }) => Sid === 'ResultsAreWrittenOnce');
    expect(statement).toMatchObject({
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 's3:PutObject',
      Condition: { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
    });
    expect((statement!['Resource'] as string[]).map((arn) => arn.slice(arn.indexOf('/') + 1)).sort()).toEqual(
      [...writeOncePatterns].sort(),
    );
  });

  test('serves HTTPS and nothing else, in two zones, behind a firewall, with access logs', () => {
    services.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      Port: 443,
      Protocol: 'HTTPS',
      Certificates: [{ CertificateArn: { Ref: 'CertificateArn' } }],
      SslPolicy: Match.stringLikeRegexp('TLS13'),
    });
    services.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      Port: 80,
      DefaultActions: [
        Match.objectLike({
          Type: 'redirect',
          RedirectConfig: Match.objectLike({ Protocol: 'HTTPS', StatusCode: 'HTTP_301' }),
        }),
      ],
    });
    const { LoadBalancerAttributes, Subnets } = only(services, 'AWS::ElasticLoadBalancingV2::LoadBalancer') as {
      LoadBalancerAttributes: { Key: string; Value: string }[];
      Subnets: string[];
    };
    expect(Subnets).toHaveLength(2);
    const attributes = Object.fromEntries(LoadBalancerAttributes.map(({ Key, Value }) => [Key, Value]));
    expect(attributes).toMatchObject({
      'access_logs.s3.enabled': 'true',
      'routing.http.drop_invalid_header_fields.enabled': 'true',
      'idle_timeout.timeout_seconds': '120',
    });
    services.resourceCountIs('AWS::WAFv2::WebACLAssociation', 1);
  });

  test('makes firewall rules for bodies count only, because bodies are files of hundreds of megabytes', () => {
    const { Rules } = only(services, 'AWS::WAFv2::WebACL') as {
      Rules: { Name: string; Statement: { ManagedRuleGroupStatement?: { RuleActionOverrides: unknown[] } } }[];
    };
    const rule = Rules.find(({ Name }) => Name === 'AWSManagedRulesCommonRuleSet');
    expect(rule?.Statement.ManagedRuleGroupStatement?.RuleActionOverrides).toContainEqual({
      Name: 'SizeRestrictions_BODY',
      ActionToUse: { Count: {} },
    });
  });

  test('scales workers by the policy of packages/scaling, number by number', () => {
    const { minCapacity, maxCapacity, targetTracking, oldestAge, idle } = cloudWatchScaling(settings.scaling);
    services.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
      MinCapacity: minCapacity,
      MaxCapacity: maxCapacity,
    });
    services.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: Match.objectLike({
        TargetValue: targetTracking.targetValue,
        ScaleInCooldown: targetTracking.scaleInCooldownSeconds,
        ScaleOutCooldown: targetTracking.scaleOutCooldownSeconds,
        CustomizedMetricSpecification: {
          Metrics: targetTracking.metrics.map(({ id }) => Match.objectLike({ Id: id })),
        },
      }),
    });
    for (const { metricName, threshold, datapoints, treatMissingData } of [oldestAge, idle]) {
      services.hasResourceProperties('AWS::CloudWatch::Alarm', {
        MetricName: metricName,
        Threshold: threshold,
        DatapointsToAlarm: datapoints,
        TreatMissingData: treatMissingData,
        AlarmActions: [Match.objectLike({ Ref: Match.anyValue() })],
      });
    }
  });

  test('scales the API on CPU and requests', () => {
    for (const PredefinedMetricType of ['ECSServiceAverageCPUUtilization', 'ALBRequestCountPerTarget']) {
      services.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
        TargetTrackingScalingPolicyConfiguration: Match.objectLike({
          PredefinedMetricSpecification: Match.objectLike({ PredefinedMetricType }),
        }),
      });
    }
  });

  test('shows every metric on the dashboard, mails alarms, and has a budget', () => {
    const dashboard = JSON.stringify(resourcesOf(services, 'AWS::CloudWatch::Dashboard')[0]?.Properties);
    for (const name of Object.keys(catalogue))
      expect([name, dashboard.includes(`\\"${name}\\"`)]).toEqual([name, true]);
    services.hasResourceProperties('AWS::Budgets::Budget', {
      Budget: Match.objectLike({ BudgetLimit: { Amount: settings.monthlyBudgetUsd, Unit: 'USD' } }),
    });
    services.resourceCountIs('AWS::SNS::Topic', 1);
    expect(resourcesOf(services, 'AWS::CloudWatch::Alarm').length).toBeGreaterThanOrEqual(20);
  });

  test('has a runbook section for each alarm, which the alarm names', () => {
    const runbook = readFileSync(join(__dirname, '../../packages/metrics/README.md'), 'utf8');
    const sections = [...runbook.matchAll(/^### (\w+)$/gm)].map(([, name]) => name!);
    const alarms = resourcesOf(services, 'AWS::CloudWatch::Alarm').map(
      ({ Properties }) => Properties as { AlarmName?: string; AlarmDescription: string },
    );
    for (const { AlarmName, AlarmDescription } of alarms) {
      const section =
        AlarmName?.replace(`cytoqueue-${environment}-`, '').replace(/WhileDeploying$/, '') ?? 'an alarm without a name';
      expect([AlarmName, sections.filter((name) => name === section)]).toEqual([AlarmName, [section]]);
      expect(AlarmDescription).toContain(`packages/metrics/README.md#${section.toLowerCase()}`);
    }
    const named = alarms.map(({ AlarmName }) => AlarmName);
    const onlyHere = sections.slice(sections.indexOf('ShardsSlow'));
    expect(onlyHere.filter((section) => !named.includes(`cytoqueue-${environment}-${section}`))).toEqual([]);
  });

  test('keeps every interface out of the default security group', () => {
    for (const type of [
      'AWS::ECS::Service',
      'AWS::ElastiCache::ReplicationGroup',
      'AWS::ElasticLoadBalancingV2::LoadBalancer',
    ]) {
      for (const { Properties } of resourcesOf(services, type))
        expect(JSON.stringify(Properties)).toMatch(/"SecurityGroup(s|Ids)":\[\{/);
    }
  });

  test('scans images, makes tags immutable, and keeps few of them', () => {
    foundation.resourceCountIs('AWS::ECR::Repository', 2);
    foundation.allResourcesProperties('AWS::ECR::Repository', {
      ImageScanningConfiguration: { ScanOnPush: true },
      ImageTagMutability: 'IMMUTABLE',
      LifecyclePolicy: Match.anyValue(),
    });
    expect(environment).toBe(settings.environment);
  });

  test('encrypts every log group and limits its retention', () => {
    services.allResourcesProperties('AWS::Logs::LogGroup', {
      RetentionInDays: settings.logDays,
      KmsKeyId: Match.anyValue(),
    });
  });
});

test('production has tasks and Redis in two zones and endpoints for AWS; minimal has one zone and no endpoints', () => {
  const subnetsOf = ({ services }: Environment): number[] =>
    resourcesOf(services, 'AWS::ECS::Service').map(
      ({ Properties }) =>
        (Properties['NetworkConfiguration'] as { AwsvpcConfiguration: { Subnets: unknown[] } }).AwsvpcConfiguration
          .Subnets.length,
    );
  expect([subnetsOf(minimal), subnetsOf(production)]).toEqual([
    [1, 1],
    [2, 2],
  ]);
  const endpoints = ({ services }: Environment): string =>
    JSON.stringify(
      resourcesOf(services, 'AWS::EC2::VPCEndpoint').filter(
        ({ Properties }) => Properties['VpcEndpointType'] === 'Interface',
      ),
    );
  for (const name of ['ecr.api', 'ecr.dkr', 'logs', 'monitoring', 'secretsmanager'])
    expect(endpoints(production)).toContain(`.${name}"`);
  expect(endpoints(minimal)).toBe('[]');
});

test.each(both)('%s runs the version of Valkey that docker-compose.yml and README.md name', (_, { services }) => {
  const { EngineVersion } = only(services, 'AWS::ElastiCache::ReplicationGroup') as { EngineVersion: string };
  const { CacheParameterGroupFamily } = only(services, 'AWS::ElastiCache::ParameterGroup');
  expect(CacheParameterGroupFamily).toBe(`valkey${EngineVersion.split('.')[0]}`);
  expect(readFileSync(join(__dirname, '../../docker-compose.yml'), 'utf8')).toMatch(
    new RegExp(`^ +image: valkey/valkey:${EngineVersion}$`, 'm'),
  );
  expect(readFileSync(join(__dirname, '../README.md'), 'utf8')).toContain(`run Valkey ${EngineVersion},`);
});

test('the caller chooses the architecture and the recipient of mails', () => {
  const { services } = synthesise('production', { cpuArchitecture: 'ARM64', alarmEmail: 'ops@lab.example' });
  services.allResourcesProperties('AWS::ECS::TaskDefinition', {
    RuntimePlatform: Match.objectLike({ CpuArchitecture: 'ARM64' }),
  });
  services.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'ops@lab.example' });
  expect(() => synthesise('staging')).toThrow('environment must be minimal or production');
  expect(() => synthesise('minimal', { cpuArchitecture: 'RISCV' })).toThrow('cpuArchitecture must be X86_64 or ARM64');
});
