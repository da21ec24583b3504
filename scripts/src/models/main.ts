import { runModelsCommand } from './models-command';

void runModelsCommand(process.env, process.argv.slice(2));
