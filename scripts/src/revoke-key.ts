import { revokeKey } from './keys/revoke-key-command';

void revokeKey(process.env, process.argv.slice(2));
