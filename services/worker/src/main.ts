import { runMain, raiseThreadPoolSize } from '@cytoqueue/runtime';

// Must run before the service's modules load: some of them use libuv's thread pool, which fixes its size.
raiseThreadPoolSize(process.env);

runMain({
  service: 'worker',
  stopDeadlineMs: 60_000,
  start: async (...args) => (await import('./start-worker.js')).startWorker(...args),
});
