import { App } from 'aws-cdk-lib';
import { addChecks } from './checks';
import { readSettings } from './settings';
import { createStacks } from './stacks';

const app = new App();
createStacks(
  app,
  readSettings((name) => app.node.tryGetContext(name)),
);
addChecks(app);
app.synth();
