import { runSimulateCommand } from './simulate-command';

void runSimulateCommand(process.argv.slice(2)).then((code) => (process.exitCode = code));
