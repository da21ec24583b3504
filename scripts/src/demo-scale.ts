import { runScaleCommand } from './scale/scale-command';

void runScaleCommand(process.env, process.argv.slice(2));
