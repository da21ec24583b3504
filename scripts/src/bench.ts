import { runBench } from './bench/run-bench';

void runBench(process.env, process.argv.slice(2));
