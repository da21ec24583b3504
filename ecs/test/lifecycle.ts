/* The state table of ecs/README.md, transition by transition. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Template } from 'aws-cdk-lib/assertions';
import { App } from 'aws-cdk-lib';
import { NOT_READY } from '../src/observability/not-ready';
import { readSettings } from '../src/settings';
import { createStacks } from '../src/stacks';
import { type Environment, type Resource, resolve, resourcesOf, synthesise } from './templates';

const minimal = synthesise('minimal');
const production = synthesise('production');
const deployed = synthesise('production', { protected: 'true' });
const environments: [string, Environment][] = [
  ['minimal', minimal],
  ['production', production],
];

const allOf = (template: Template): (Resource & { id: string })[] =>
  Object.entries((template.toJSON() as { Resources: Record<string, Resource> }).Resources).map(([id, resource]) => ({
    id,
    ...resource,
  }));
const isRetained = ({ DeletionPolicy = 'Delete' }: Resource): boolean => DeletionPolicy !== 'Delete';
const servicesOf = ({ services }: Environment) => resourcesOf(services, 'AWS::ECS::Service');
const outputsOf = (template: Template): Record<string, unknown> => {
  const { Outputs = {} } = template.toJSON() as { Outputs?: Record<string, { Value: unknown }> };
  return Object.fromEntries(Object.entries(Outputs).map(([name, { Value }]) => [name, resolve(Value)]));
};

function protectionOf(given: Record<string, string>): (boolean | undefined)[] {
  const context = require('../cdk.json') as { context: Record<string, unknown> };
  const app = new App({ context: { ...context.context, ...given } });
  const { foundation, services } = createStacks(
    app,
    readSettings((name) => app.node.tryGetContext(name) as unknown),
  );
  return [foundation.terminationProtection, services.terminationProtection];
}

const attribute = ({ services }: Environment, key: string): string | undefined => {
  const [loadBalancer] = resourcesOf(services, 'AWS::ElasticLoadBalancingV2::LoadBalancer');
  return (loadBalancer!.Properties['LoadBalancerAttributes'] as { Key: string; Value: string }[]).find(
    ({ Key }) => Key === key,
  )?.Value;
};

/** The properties of README.md's transitions that the tests below have checked. */
const checked = new Map<string, Set<string>>();
/** @returns the name of a test for one transition, which may have several */
function transition(row: string, properties: readonly string[]): string {
  checked.set(row, new Set([...(checked.get(row) ?? []), ...properties]));
  return `${row}: ${properties.join(', ')}`;
}

describe.each(environments)('%s', (name, environment) => {
  const { foundation, services } = environment;
  const resources = [foundation, services].flatMap(allOf);

  for (const row of ['creation fails → nothing', 'failed → created again']) {
    test(transition(row, ['DeletionPolicy: RetainExceptOnCreate']), () => {
      expect(
        resources
          .filter(isRetained)
          .map(({ id, DeletionPolicy }) => [id, DeletionPolicy])
          .filter(([, policy]) => policy !== 'RetainExceptOnCreate'),
      ).toEqual([]);
    });
  }

  test(transition('creation fails → nothing', ['TerminationProtection']), () =>
    expect(protectionOf({ environment: name })).toEqual([false, false]),
  );

  for (const row of ['nothing → created', 'creation fails → nothing']) {
    test(transition(row, ['deletion_protection.enabled']), () =>
      expect(attribute(environment, 'deletion_protection.enabled')).not.toBe('true'),
    );
  }

  for (const row of ['nothing → created', 'update']) {
    test(transition(row, ['DesiredCount']), () =>
      expect(servicesOf(environment).map(({ Properties }) => Properties['DesiredCount'])).toEqual([
        undefined,
        undefined,
      ]),
    );
  }

  test(transition('services created again', ['LogGroupName']), () => {
    const named = allOf(services)
      .filter(isRetained)
      .flatMap(({ id, Properties }) =>
        Object.entries(Properties)
          .filter(([property, value]) => property.endsWith('Name') && !JSON.stringify(value).includes('AWS::StackId'))
          .map(([property]) => `${id}.${property}`),
      );
    expect(named).toEqual([]);
  });

  test(transition('update fails → as before', ['UpdateReplacePolicy: Retain']), () => {
    const differing = resources
      .filter(isRetained)
      .filter(({ UpdateReplacePolicy }) => UpdateReplacePolicy !== 'Retain');
    expect(differing.map(({ id }) => id)).toEqual([]);
  });

  // An upload that has just begun has 15 minutes before its task ends.
  test(transition('update', ['deregistration_delay.timeout_seconds']), () => {
    const [group] = resourcesOf(services, 'AWS::ElasticLoadBalancingV2::TargetGroup');
    expect(group!.Properties['TargetGroupAttributes']).toContainEqual({
      Key: 'deregistration_delay.timeout_seconds',
      Value: '900',
    });
  });

  test(transition('update', ['DependsOn']), () => {
    const [api, worker] = servicesOf(environment);
    expect(api!.DependsOn).toContain(worker!.id);
    expect(worker!.DependsOn).not.toContain(api!.id);
  });

  test(transition('update fails → as before', ['DeploymentCircuitBreaker', 'Alarms', 'Rollback']), () => {
    const alarms = new Map(
      resourcesOf(services, 'AWS::CloudWatch::Alarm').map((alarm) => [alarm.Properties['AlarmName'], alarm]),
    );
    const watched = servicesOf(environment).map(({ Properties, DependsOn = [] }) => {
      const { Alarms, DeploymentCircuitBreaker } = Properties['DeploymentConfiguration'] as {
        Alarms: { AlarmNames: string[]; Enable: boolean; Rollback: boolean };
        DeploymentCircuitBreaker: object;
      };
      expect([Alarms, DeploymentCircuitBreaker]).toEqual([
        expect.objectContaining({ Enable: true, Rollback: true }),
        { Enable: true, Rollback: true },
      ]);
      const metrics = Alarms.AlarmNames.map((alarm) => alarms.get(alarm)!);
      for (const { id } of metrics) expect(DependsOn).toContain(id);
      return metrics.map((alarm) => alarm.Properties['MetricName']);
    });
    expect(watched).toEqual([
      ['HTTPCode_Target_5XX_Count', 'HTTPCode_ELB_5XX_Count', 'ApiNotReady'],
      ['WorkerNotReady'],
    ]);
    // The same metrics notify outside deployments.
    for (const metric of watched.flat()) {
      expect(
        [...alarms.values()].filter(
          ({ Properties }) => Properties['MetricName'] === metric && Properties['AlarmActions'] !== undefined,
        ),
      ).toHaveLength(1);
    }
  });

  test('tasks that are not ready are counted from their log, and the load balancer checks liveness', () => {
    const filters = resourcesOf(services, 'AWS::Logs::MetricFilter').map(
      ({ Properties }) => resolve(Properties) as { FilterPattern: string; LogGroupName: string },
    );
    expect(filters.map(({ FilterPattern }) => FilterPattern)).toEqual([
      `{ $.msg = "${NOT_READY}" }`,
      `{ $.msg = "${NOT_READY}" }`,
    ]);
    // Copied from the tasks' log message, because their package is no dependency of this one.
    expect(readFileSync(join(__dirname, '../../packages/runtime/src/readiness.ts'), 'utf8')).toContain(
      `NOT_READY = '${NOT_READY}'`,
    );
    const logs = resourcesOf(services, 'AWS::ECS::TaskDefinition').map(
      ({ Properties }) =>
        (resolve(Properties) as { ContainerDefinitions: { LogConfiguration: { Options: Record<string, string> } }[] })
          .ContainerDefinitions[0]!.LogConfiguration.Options['awslogs-group'],
    );
    expect(filters.map(({ LogGroupName }) => LogGroupName)).toEqual(logs);
    const [group] = resourcesOf(services, 'AWS::ElasticLoadBalancingV2::TargetGroup');
    expect(group!.Properties['HealthCheckPath']).toBe('/health/live');
  });

  test(transition('services destroyed', ['DependsOn']), () => {
    const [association] = resourcesOf(services, 'AWS::ECS::ClusterCapacityProviderAssociations');
    for (const { DependsOn } of servicesOf(environment)) expect(DependsOn).toContain(association!.id);
  });

  test('the budget’s tag is on every task', () => {
    const [budget] = resourcesOf(services, 'AWS::Budgets::Budget');
    expect(JSON.stringify(budget!.Properties)).toContain(`user:environment$${name}`);
    for (const { Properties } of servicesOf(environment)) {
      expect(Properties).toMatchObject({
        PropagateTags: 'SERVICE',
        Tags: expect.arrayContaining([{ Key: 'environment', Value: name }]),
      });
    }
  });

  test('deleted pending markers are kept for a day, other versions for a week', () => {
    const rules = resourcesOf(foundation, 'AWS::S3::Bucket').flatMap(
      ({ Properties }) => (Properties['LifecycleConfiguration'] as { Rules: Record<string, unknown>[] }).Rules,
    );
    expect(rules.find(({ Id }) => Id === 'pending')).toMatchObject({
      Prefix: 'pending/',
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
    });
    expect(rules.find(({ Id }) => Id === 'every-prefix')).toMatchObject({
      NoncurrentVersionExpiration: { NoncurrentDays: 7 },
    });
  });

  test('the public address hides /metrics, and its firewall blocks no request for its body', () => {
    const [rule] = resourcesOf(services, 'AWS::ElasticLoadBalancingV2::ListenerRule');
    expect(rule!.Properties['Conditions']).toEqual([
      { Field: 'path-pattern', PathPatternConfig: { Values: ['/metrics', '/metrics/*'] } },
    ]);
    const [acl] = resourcesOf(services, 'AWS::WAFv2::WebACL');
    const counted = (
      acl!.Properties['Rules'] as {
        Statement: { ManagedRuleGroupStatement?: { RuleActionOverrides?: { Name: string; ActionToUse: object }[] } };
      }[]
    ).flatMap(({ Statement }) => Statement.ManagedRuleGroupStatement?.RuleActionOverrides ?? []);
    expect(counted.map(({ Name }) => Name)).toEqual(
      expect.arrayContaining([
        'JavaDeserializationRCE_BODY',
        'Log4JRCE_BODY',
        'ReactJSRCE_BODY',
        'SizeRestrictions_BODY',
      ]),
    );
    expect(counted.every(({ ActionToUse }) => JSON.stringify(ActionToUse) === '{"Count":{}}')).toBe(true);
  });
});

for (const row of ['created → protected', 'production destroyed']) {
  test(transition(row, ['TerminationProtection']), () => {
    expect(protectionOf({ environment: 'production', protected: 'true' })).toEqual([true, true]);
    expect(protectionOf({ environment: 'minimal', protected: 'true' })).toEqual([false, false]);
  });
  test(transition(row, ['deletion_protection.enabled']), () =>
    expect(attribute(deployed, 'deletion_protection.enabled')).toBe('true'),
  );
}

const retainedTypes = (template: Template): string[] =>
  [
    ...new Set(
      allOf(template)
        .filter(isRetained)
        .map(({ Type }) => Type),
    ),
  ].sort();

test(transition('production destroyed', ['DeletionPolicy']), () => {
  expect(retainedTypes(production.foundation)).toEqual([
    'AWS::ECR::Repository',
    'AWS::KMS::Key',
    'AWS::S3::Bucket',
    'AWS::SecretsManager::Secret',
  ]);
});

test(transition('services destroyed', ['DeletionPolicy']), () =>
  expect(retainedTypes(production.services)).toEqual(['AWS::Logs::LogGroup']),
);

test(transition('minimal destroyed with `--data`', ['DeletionPolicy: Delete', 'EmptyOnDelete']), () => {
  expect([minimal.foundation, minimal.services].flatMap(retainedTypes)).toEqual([]);
  const repositories = resourcesOf(minimal.foundation, 'AWS::ECR::Repository').map(
    ({ Properties }) => Properties['EmptyOnDelete'],
  );
  expect(repositories).toEqual([true, true]);
});

test(transition('foundation of production created again', ['BucketName', 'RepositoryName', 'Name']), () => {
  const isNamed = (type: string, property: string): boolean =>
    resourcesOf(production.foundation, type).some(({ Properties }) => Properties[property] !== undefined);
  expect([
    isNamed('AWS::S3::Bucket', 'BucketName'),
    isNamed('AWS::ECR::Repository', 'RepositoryName'),
    isNamed('AWS::SecretsManager::Secret', 'Name'),
  ]).toEqual([true, true, true]);
});

test(
  transition('update', ['CpuArchitecture', 'AlarmEmail', 'DomainName', 'MonthlyBudgetUsd', 'CertificateArn']),
  () => {
    const choices = {
      cpuArchitecture: 'ARM64',
      alarmEmail: 'ops@lab.example',
      domainName: 'cyto.example',
      monthlyBudgetUsd: '777',
      nodeImage: 'sha256:0',
    };
    expect(outputsOf(synthesise('production', choices).services)).toMatchObject({
      CpuArchitecture: 'ARM64',
      AlarmEmail: 'ops@lab.example',
      DomainName: 'cyto.example',
      MonthlyBudgetUsd: '777',
      NodeImage: 'sha256:0',
    });
    production.services.hasParameter('CertificateArn', { Type: 'String' });
  },
);

test('README.md names the properties that are checked for each transition, and no others', () => {
  const readme = readFileSync(join(__dirname, '../README.md'), 'utf8');
  const table = readme.slice(readme.indexOf('| transition |')).split('\n\n')[0]!.split('\n').slice(2);
  const named = table
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(
      ([, row, , properties]) =>
        [row!, [...properties!.matchAll(/`([^`…]+)`/g)].map(([, property]) => property!)] as const,
    );
  const byRow = Object.fromEntries(
    named.filter(([row]) => !row.startsWith('rollback fails')).map(([row, properties]) => [row, new Set(properties)]),
  );
  expect(byRow).toEqual(Object.fromEntries(checked));
});
