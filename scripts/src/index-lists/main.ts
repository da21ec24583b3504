import { runIndexCommand } from './index-command';

void runIndexCommand(process.env, process.argv.slice(2));
