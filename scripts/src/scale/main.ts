import { runScaleCommand } from './scale-command';

void runScaleCommand(process.env, process.argv.slice(2));
