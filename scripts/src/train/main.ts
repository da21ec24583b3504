/** `npm run train`: trains, evaluates and writes a model and its card. */
import { runTrainCommand } from './train-command';

process.exitCode = runTrainCommand(process.argv.slice(2), { out: process.stdout, err: process.stderr });
