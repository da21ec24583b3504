import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { readSettings, type Settings } from '../src/settings';
import { createStacks } from '../src/stacks';

export interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  DependsOn?: string[];
}

export interface Environment {
  settings: Settings;
  foundation: Template;
  services: Template;
}

const { context } = require('../cdk.json') as { context: Record<string, unknown> };

const synthesised = new Map<string, Environment>();

/** Both stacks with the flags of cdk.json. Each is synthesised once, because that takes seconds. */
export function synthesise(environment: string, given: Record<string, string> = {}): Environment {
  const name = JSON.stringify([environment, given]);
  const known = synthesised.get(name) ?? synthesiseStacks(environment, given);
  synthesised.set(name, known);
  return known;
}

function synthesiseStacks(environment: string, given: Record<string, string>): Environment {
  const app = new App({
    context: { ...context, environment, ...given },
    // `npm run synth` validates both environments, which takes several times as long as these tests.
    builtinCloudFormationValidation: false,
  });
  const settings = readSettings((name) => app.node.tryGetContext(name) as unknown);
  const { foundation, services } = createStacks(app, settings);
  return { settings, foundation: Template.fromStack(foundation), services: Template.fromStack(services) };
}

const PLACES: Record<string, string> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'eu-central-1',
  'AWS::AccountId': '123456789012',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::NoValue': '',
};

/**
 * Replaces CloudFormation's functions by possible values: pseudo parameters by their usual values, the rest by
 * names.
 */
export function resolve(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolve);
  if (typeof value !== 'object' || value === null) return value;
  const [name, argument] = Object.entries(value)[0] ?? ['', undefined];
  if (name === 'Ref') return PLACES[argument as string] ?? argument;
  if (name === 'Fn::Join')
    return (resolve((argument as [string, unknown[]])[1]) as string[]).join((argument as [string])[0]);
  if (name === 'Fn::GetAtt') return (argument as string[]).join('.');
  if (name === 'Fn::ImportValue' || name === 'Fn::Sub') return resolve(argument);
  if (name === 'Fn::Select') return `selected-${(argument as [number])[0]}`;
  if (name.startsWith('Fn::')) return name;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner)]));
}

export function resourcesOf(template: Template, type: string): (Resource & { id: string })[] {
  return Object.entries(template.findResources(type) as Record<string, Resource>).map(([id, resource]) => ({
    id,
    ...resource,
  }));
}

export interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: string | string[];
  Principal?: string | Record<string, string | string[]>;
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** Statements of a service's task role. */
export function taskRoleStatements(services: Template, service: 'Api' | 'Worker'): Statement[] {
  const policies = resourcesOf(services, 'AWS::IAM::Policy').filter(({ id }) =>
    id.startsWith(`${service}TaskDefinitionTaskRole`),
  );
  return policies.flatMap(
    ({ Properties }) => (resolve(Properties.PolicyDocument) as { Statement: Statement[] }).Statement,
  );
}

export const asList = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

export function matches(pattern: string, value: string): boolean {
  const source = pattern
    .split('*')
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${source}$`).test(value);
}

/** Evaluates a condition like IAM, for the operators that the policies use. */
export function isAllowed(
  statements: Statement[],
  action: string,
  resource: string,
  keys: Record<string, string> = {},
): boolean {
  return statements.some(
    (statement) =>
      statement.Effect === 'Allow' &&
      asList(statement.Action).some((pattern) => matches(pattern, action)) &&
      asList(statement.Resource).some((pattern) => matches(pattern, resource)) &&
      Object.entries(statement.Condition ?? {}).every(([operator, condition]) =>
        Object.entries(condition).every(([key, wanted]) => holds(operator, keys[key], asList(wanted).map(String))),
      ),
  );
}

function holds(operator: string, given: string | undefined, wanted: string[]): boolean {
  if (operator === 'Null') return (given === undefined) === (wanted[0] === 'true');
  if (operator === 'StringEquals') return given !== undefined && wanted.includes(given);
  if (operator === 'Bool') return given === wanted[0];
  if (operator === 'NumericLessThan') return given !== undefined && Number(given) < Number(wanted[0]);
  if (operator === 'StringLike' || operator === 'ArnLike')
    return given !== undefined && wanted.some((pattern) => matches(pattern, given));
  throw new Error(`the operator ${operator} is not known here`);
}
