import { makeKey } from './make-key-command';

void makeKey(process.env, process.argv.slice(2));
