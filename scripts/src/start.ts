import { runStack } from './stack/run-stack';
import { createSignInLink } from './stack/sign-in-link';

void runStack({
  environment: process.env,
  use: async (ready, { publicUrl }) => {
    console.log(`Cytoqueue is ready at ${ready.url}`);
    const link = await createSignInLink(ready, publicUrl);
    if (link !== undefined) console.log(`Sign in, once within ten minutes, at ${link}`);
  },
  signalStatus: () => 0,
});
