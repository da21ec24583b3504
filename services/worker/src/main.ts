import { createLogger, loadConfig, runService, widenThreadPool } from '@cytoqueue/runtime';

// Before the service's own modules are loaded, some of which put threads to work at once.
widenThreadPool(process.env);
const config = loadConfig(process.env);
const logger = createLogger({ service: 'worker', environment: config.environment, level: config.logLevel });

runService({ logger, stopDeadlineMs: 60_000, start: async (releasers) => (await import('./service.js')).startWorker(config, logger, releasers) });
