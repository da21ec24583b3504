'use strict';

/**
 * What each module may import: our packages by name, and packages of others (`null` = any declared one). A pure module
 * computes: it uses neither files nor network nor processes. The same table stands in .github/CONTRIBUTING.md.
 */
const MODULES = {
  'packages/schema': { ours: [], others: [], pure: true },
  'packages/classifier': { ours: ['schema'], others: [], pure: true },
  'packages/training': { ours: ['classifier', 'schema'], others: ['ml-matrix'], pure: true },
  'packages/csv': { ours: [], others: [], pure: true },
  'packages/tabular': { ours: ['csv', 'schema'], others: null },
  'packages/samples': { ours: ['csv', 'schema'], others: [], pure: true },
  'packages/storage': { ours: [], others: ['@aws-sdk/', '@smithy/'] },
  'packages/records': { ours: ['schema', 'storage'], others: [] },
  'packages/registry': { ours: ['classifier', 'records', 'schema', 'storage'], others: [] },
  'packages/queue': { ours: [], others: ['bullmq', 'ioredis'] },
  'packages/scaling': { ours: [], others: [], pure: true },
  'packages/metrics': { ours: [], others: ['@aws-sdk/client-cloudwatch', 'prom-client'] },
  'packages/runtime': { ours: [], others: ['pino', 'zod'] },
  'packages/client': { ours: [], others: [] },
  'services/api': { ours: null, others: null },
  'services/worker': { ours: null, others: null },
  'services/web': { ours: ['client'], others: null },
  ecs: { ours: ['metrics', 'scaling'], others: ['aws-cdk-lib', 'constructs', 'cdk-nag'] },
};
const TESTS = '(\\.test\\.|\\.test-|\\.fixtures\\.|/test/)';
const IO = '^(fs|fs/promises|net|tls|http|https|http2|dgram|dns|child_process|cluster)$';
/** The services use every package except these; only the worker trains. */
const notIn = (service) => (service === 'services/worker' ? ['client'] : ['client', 'training']);

const rules = Object.entries(MODULES).flatMap(([module, { ours, others, pure }]) => {
  const from = { path: `^${module}/src/`, pathNot: TESTS };
  const allowed =
    ours === null
      ? [`^packages/(?!(${notIn(module).join('|')})/)[^/]+/dist/`]
      : ours.map((name) => `^packages/${name}/(dist|esm)/`);
  const found = [
    {
      name: `${module}: our packages`,
      severity: 'error',
      from,
      to: { path: '^(packages|services|ecs|scripts|test)/', pathNot: [`^${module}/`, ...allowed] },
    },
  ];
  if (others !== null) {
    const names = others.map((name) => `node_modules/${name}`);
    found.push({
      name: `${module}: packages of others`,
      severity: 'error',
      from,
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'npm-peer', 'npm-optional'],
        path: 'node_modules',
        pathNot: ['^packages/', ...names],
      },
    });
  }
  if (pure)
    found.push({ name: `${module}: pure`, severity: 'error', from, to: { dependencyTypes: ['core'], path: IO } });
  return found;
});

module.exports = {
  forbidden: [
    { name: 'no cycles, also of types', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no unresolved imports', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'packages are entered through their index',
      severity: 'error',
      from: { path: '^(packages|services)/([^/]+)/src/', pathNot: TESTS },
      to: {
        path: '^(packages|services|ecs|scripts)/',
        pathNot: ['^$1/$2/', '/dist/index\\.(js|d\\.ts)$', '^packages/client/esm/'],
      },
    },
    {
      name: 'no undeclared packages',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'undetermined'] },
    },
    {
      name: 'no devDependencies in what ships',
      severity: 'error',
      from: { path: '^(packages|services)/[^/]+/src/', pathNot: [TESTS, '^services/web/', '^packages/training/'] },
      to: { dependencyTypes: ['npm-dev'], pathNot: ['^packages/', '@types/'] },
    },
    {
      name: 'files are named for what they hold',
      severity: 'error',
      from: {},
      to: {
        path: '^(packages|services|ecs|scripts|test)/.*(^|[/.-])(utils?|helpers?|common|manager|lib|misc)([/.-]|$)',
        pathNot: 'node_modules',
      },
    },
    ...rules,
  ],
  options: {
    doNotFollow: { path: ['node_modules', '/dist/'] },
    exclude: { path: '/wasm\\.ts$|cdk\\.out' },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['default', 'import', 'require', 'node', 'types'],
    },
  },
};
