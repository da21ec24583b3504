import { runStack } from './run-stack';
import { createSignInLink } from './sign-in-link';

void runStack({
  environment: process.env,
  onReady: async (ready, { publicUrl }) => {
    console.log(`Cytoqueue is ready at ${ready.url}`);
    const link = await createSignInLink(ready, publicUrl);
    if (link !== undefined) console.log(`Sign in, once within ten minutes, at ${link}`);
  },
  exitCodeOnSignal: () => 0,
});
