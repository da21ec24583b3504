import { makeKey } from './keys/make-key-command';

void makeKey(process.env, process.argv.slice(2));
