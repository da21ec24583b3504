import { runMain, raiseThreadPoolSize } from '@cytoqueue/runtime';

// Before the service's own modules are loaded, some of which put threads to work at once.
raiseThreadPoolSize(process.env);

runMain({
  service: 'worker',
  stopDeadlineMs: 60_000,
  start: async (...args) => (await import('./start-worker.js')).startWorker(...args),
});
