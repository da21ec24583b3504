import { runMain, widenThreadPool } from '@cytoqueue/runtime';

// Before the service's own modules are loaded, some of which put threads to work at once.
widenThreadPool(process.env);

runMain({ service: 'worker', stopDeadlineMs: 60_000, start: async (...parts) => (await import('./service.js')).startWorker(...parts) });
