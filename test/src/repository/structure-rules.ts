/** What a module may import. The table of the architecture, as data. */
export interface ModuleRule {
  /** Packages of ours, by short name; `all` of them when absent. */
  readonly ours?: readonly string[];
  /** Packages of ours of which it may import types, and only those, besides `ours`. */
  readonly typesOf?: 'all';
  /** Packages of others, by name or by a prefix that ends in `/`; any declared one when absent. */
  readonly others?: readonly string[];
  /** Neither files nor network nor processes: it computes. Its tests and its build may use them. */
  readonly pure?: true;
}

const PACKAGES = [
  'schema',
  'classifier',
  'csv',
  'samples',
  'registry',
  'scaling',
  'storage',
  'tabular',
  'queue',
  'metrics',
  'runtime',
  'client',
];

export const MODULE_RULES: Readonly<Record<string, ModuleRule>> = {
  'packages/schema': { ours: [], others: [], pure: true },
  'packages/classifier': { ours: ['schema'], others: ['ml-matrix'], pure: true },
  'packages/csv': { ours: [], pure: true },
  'packages/samples': { ours: ['schema', 'csv'], others: [], pure: true },
  'packages/registry': { ours: ['storage', 'schema', 'classifier'], others: [] },
  'packages/scaling': { ours: [], others: [], pure: true },
  'packages/storage': { ours: [], others: ['@aws-sdk/', '@smithy/'] },
  'packages/tabular': { ours: ['csv', 'schema'], pure: true },
  'packages/queue': { ours: [], others: ['bullmq', 'ioredis'] },
  'packages/metrics': { ours: [], others: ['@aws-sdk/client-cloudwatch', 'prom-client'] },
  'packages/runtime': { ours: [], others: ['pino', 'zod'] },
  'packages/client': { ours: [], typesOf: 'all' },
  'services/api': { ours: PACKAGES.filter((name) => name !== 'classifier') },
  'services/worker': { ours: PACKAGES },
  'services/web': { ours: ['client'] },
  ecs: { ours: ['scaling', 'metrics'], others: ['aws-cdk-lib', 'constructs', 'cdk-nag'] },
  scripts: {},
  test: {},
};

/** The modules that read the environment; the others are given what they need. Tests set it up for what they start. */
export const READS_ENVIRONMENT = ['packages/runtime', 'test'];

/** What starts real parts for tests; the tests of any module may borrow it. */
export const TEST_SUPPORT = 'test/src/';

/** Begin a process; they may pass `process.env` on whole. */
export const ENTRY_FILES = [
  /^packages\/client\/src\/cli\.ts$/,
  /^(services\/[^/]+|ecs)\/src\/main\.ts$/,
  /^scripts\/src\/[^/]+\/(main|make-key|revoke-key)\.ts$/,
];

export const INPUT_OUTPUT = /^(node:)?(fs|fs\/promises|net|tls|http|https|http2|dgram|dns|child_process|cluster)$/;

export const MAX_FILE_LINES = 400;
export const MAX_ENTRY_LINES = 30;

/** Words that name a place to put things rather than a thing. */
export const GRAB_BAGS = ['util', 'utils', 'helper', 'helpers', 'common', 'manager', 'lib', 'misc'];

/** What may lie at the top besides dotfiles; installed and generated folders are not looked at. */
export const TOP_LEVEL = [
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'docker-compose.yml',
  'ecs',
  'package-lock.json',
  'package.json',
  'packages',
  'scripts',
  'services',
  'test',
  'tsconfig.json',
];
export const NOT_OURS = ['node_modules', 'dist', 'coverage', 'cdk.out'];
