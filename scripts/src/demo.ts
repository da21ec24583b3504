import { runDemoStack } from './demo/demo-stack';

void runDemoStack(process.env, process.argv.slice(2));
