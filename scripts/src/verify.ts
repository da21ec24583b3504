import { runVerifyCommand } from './verify/verify-command';

void runVerifyCommand(process.env, process.argv.slice(2));
