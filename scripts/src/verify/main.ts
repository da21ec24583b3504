import { runVerifyCommand } from './verify-command';

void runVerifyCommand(process.env, process.argv.slice(2));
