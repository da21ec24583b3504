import { runIndexCommand } from './index-lists/index-command';

void runIndexCommand(process.env, process.argv.slice(2));
