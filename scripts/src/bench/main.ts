import { runBench } from './run-bench';

void runBench(process.env, process.argv.slice(2));
