import { parseOptions } from '../command-options';
import type { Environment } from '../stack/launch';
import { runStack } from '../stack/run-stack';
import { createSignInLink } from '../stack/sign-in-link';
import { runDemo } from './run-demo';

/** Exit status of a command ended by Ctrl-C. */
const INTERRUPTED = 130;

const USAGE = `Usage: npm run demo -- [--keep]
Runs the whole pipeline on the bundled data, in a few seconds once everything is installed.
  --keep  leave it running until Ctrl-C`;

/**
 * Runs the demo on a separate stack with a free port and its own directory, so that it does not affect a running one.
 */
export async function runDemoStack(inherited: Environment, args: readonly string[]): Promise<void> {
  const { keep } = parseOptions(args, { keep: { type: 'boolean', default: false } }, USAGE);
  const environment = {
    ...inherited,
    PORT: inherited['PORT'] || '0',
    DATA_DIR: inherited['DATA_DIR'] || '.cytoqueue/demo',
    // The demo uses the local key.
    API_KEYS_FILE: undefined,
  };
  const startedAtMs = performance.now();
  let finished = false;
  console.log('Starting Redis, a worker and the API …');
  await runStack({
    environment,
    exitCodeOnSignal: () => (finished ? 0 : INTERRUPTED),
    onReady: async (ready, stack) => {
      console.log(`Cytoqueue is ready at ${ready.url} after ${Math.round(performance.now() - startedAtMs)} ms`);
      await runDemo({ url: ready.url, apiKey: ready.api_key ?? '', dataDir: stack.dataDir });
      finished = true;
      if (keep)
        return console.log(keptDataText(ready.url, stack.dataDir, await createSignInLink(ready, stack.publicUrl)));
      await stack.stop();
    },
  });
}

function keptDataText(url: string, dataDir: string, link: string | undefined): string {
  const still = `\nStill running at ${url}; Ctrl-C stops it. For the commands of the README, in another terminal:
  export DATA_DIR=${dataDir} URL=${url} KEY=$(cat ${dataDir}/local-api-key)`;
  return link === undefined ? still : `${still}\nSign in, once within ten minutes, at ${link}`;
}
