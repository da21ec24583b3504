import type { Template } from 'aws-cdk-lib/assertions';
import {
  type Environment,
  type Resource,
  type Statement,
  asList,
  isAllowed,
  matches,
  resolve,
  resourcesOf,
} from './templates';

export const ACCOUNT = '123456789012';
export const OTHER_ACCOUNT = '999999999999';
export const REGION = 'eu-central-1';

/** The caller of a request. */
export interface Need {
  action: string;
  resource: string;
  /** Condition keys of the request. */
  keys?: Record<string, string>;
}

/**
 * ARNs, or values of `Ref`, of the resource types whose policies are checked, in the form that CloudFormation generates.
 */
function namesOf(stack: string, id: string, { Type, Properties }: Resource): { ref: string; arn: string } {
  const arn = (service: string, path: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${path}`;
  const generated = `${stack}-${id}-1A2B3C`;
  const text = (name: string): string | undefined =>
    Properties?.[name] === undefined ? undefined : String(resolve(Properties[name]));
  switch (Type) {
    case 'AWS::Logs::LogGroup': {
      const name = text('LogGroupName') ?? generated;
      return { ref: name, arn: `${arn('logs', `log-group:${name}`)}:*` };
    }
    case 'AWS::SecretsManager::Secret':
      return { ref: `${arn('secretsmanager', `secret:${text('Name')}`)}-AbCdEf`, arn: '' };
    case 'AWS::KMS::Key':
      return { ref: id, arn: arn('kms', `key/${id}`) };
    case 'AWS::SNS::Topic':
      return { ref: arn('sns', generated), arn: arn('sns', generated) };
    case 'AWS::S3::Bucket': {
      const name = text('BucketName') ?? generated.toLowerCase();
      return { ref: name, arn: `arn:aws:s3:::${name}` };
    }
    case 'AWS::ECR::Repository':
      return { ref: text('RepositoryName') ?? '', arn: arn('ecr', `repository/${text('RepositoryName')}`) };
    default:
      return { ref: id, arn: `${id}.Arn` };
  }
}

/**
 * Replaces references to resources of either stack in the output of `resolve` by names and ARNs in AWS's form.
 */
export function physical({ settings, foundation, services }: Environment): <T>(value: T) => T {
  const exported = new Map<string, string>();
  const named = new Map<string, string>();
  const addStack = (template: Template, part: string): void => {
    const { Resources, Outputs = {} } = template.toJSON() as {
      Resources: Record<string, Resource>;
      Outputs?: Record<string, { Value: unknown; Export?: { Name: unknown } }>;
    };
    const stack = `cytoqueue-${settings.environment}-${part}`;
    for (const { Value, Export } of Object.values(Outputs))
      if (Export !== undefined) exported.set(String(resolve(Export.Name)), String(resolve(Value)));
    for (const [id, resource] of Object.entries(Resources)) {
      const { ref, arn } = namesOf(stack, id, resource);
      named.set(`${id}.Arn`, arn).set(id, ref);
    }
  };
  addStack(foundation, 'foundation');
  addStack(services, 'services');
  // In one pass, for a generated name contains the id that it replaces; the longest first, for an id may begin like
  // another.
  const anyName = new RegExp(
    [...named.keys()]
      .toSorted((a, b) => b.length - a.length)
      .map((id) => id.replace('.', '\\.'))
      .join('|'),
    'g',
  );
  const replaceAll = (value: unknown): unknown => {
    if (typeof value === 'string') return (exported.get(value) ?? value).replace(anyName, (id) => named.get(id) ?? id);
    if (Array.isArray(value)) return value.map(replaceAll);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaceAll(inner)]));
  };
  return <T>(value: T): T => replaceAll(resolve(value)) as T;
}

/** The identity policies of a role, by the beginning of its logical id. */
export function roleStatements(environment: Environment, roleIdStart: string): Statement[] {
  const policies = resourcesOf(environment.services, 'AWS::IAM::Policy').filter(({ Properties }) =>
    JSON.stringify(Properties['Roles']).includes(`"Ref":"${roleIdStart}`),
  );
  return policies.flatMap(
    ({ Properties }) => physical(environment)(Properties['PolicyDocument'] as { Statement: Statement[] }).Statement,
  );
}

/** Whether a resource policy allows the action to the principal (a service or `*`): one statement allows it and none denies it. */
export function resourcePolicyAllows(
  statements: Statement[],
  principal: string,
  { action, resource, keys = {} }: Need,
): boolean {
  const applying = statements.filter(({ Principal }) =>
    principalsOf(Principal).some((pattern) => pattern === '*' || pattern === principal),
  );
  const asAllowed = applying
    .filter(({ Effect }) => Effect === 'Deny')
    .map((statement) => ({ ...statement, Effect: 'Allow' }));
  const secure = { 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3', ...keys };
  return isAllowed(applying, action, resource, secure) && !isAllowed(asAllowed, action, resource, secure);
}

function principalsOf(principal: Statement['Principal']): string[] {
  if (principal === undefined || typeof principal === 'string') return principal === undefined ? [] : [principal];
  return Object.values(principal).flatMap(asList);
}

/** Surplus permissions: actions on resources that the statements allow and no service needs. */
export function unusedPermissions(statements: Statement[], needs: readonly Need[]): string[] {
  const allowed = statements
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Action, Resource }) =>
      asList(Action).flatMap((action) => asList(Resource).map((resource) => ({ action, resource }))),
    );
  return allowed
    .filter(
      ({ action, resource }) => !needs.some((need) => matches(action, need.action) && matches(resource, need.resource)),
    )
    .map(({ action, resource }) => `${action} ${resource}`);
}
