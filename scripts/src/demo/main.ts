import { runDemoStack } from './demo-stack';

void runDemoStack(process.env, process.argv.slice(2));
