import { revokeKey } from './revoke-key-command';

void revokeKey(process.env, process.argv.slice(2));
