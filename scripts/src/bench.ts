import { runBench } from './bench/run-bench';

void runBench(process.argv.slice(2));
