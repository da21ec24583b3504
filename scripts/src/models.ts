import { runModelsCommand } from './models/models-command';

void runModelsCommand(process.env, process.argv.slice(2));
