import { runStack } from './stack/run-stack';

void runStack({
  environment: process.env,
  use: ({ url }) => console.log(`Cytoqueue is ready at ${url}`),
  signalStatus: () => 0,
});
