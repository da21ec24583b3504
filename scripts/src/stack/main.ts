import { parseOptions } from '../command-options';
import { runStack } from './run-stack';
import { createSignInLink } from './sign-in-link';

const USAGE = `Usage: npm start
Starts Redis, the API and a worker with their state in DATA_DIR (.cytoqueue), prints the address and writes it to ready.json. Ctrl-C stops them.
Variables: PORT, DATA_DIR, WORKERS, REDIS_URL (another Redis), STORAGE_URL, …: packages/runtime/README.md`;

parseOptions(process.argv.slice(2), {}, USAGE);
void runStack({
  environment: process.env,
  onReady: async (ready, { publicUrl }) => {
    console.log(`Cytoqueue is ready at ${ready.url}`);
    const link = await createSignInLink(ready, publicUrl);
    if (link !== undefined) console.log(`Sign in, once within ten minutes, at ${link}`);
  },
  exitCodeOnSignal: () => 0,
});
