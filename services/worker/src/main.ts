import { createLogger, loadConfig, runService, widenThreadPool } from '@cytoqueue/runtime';
import { startWorker } from './service';

widenThreadPool(process.env);
const config = loadConfig(process.env);
const logger = createLogger({ service: 'worker', environment: config.environment, level: config.logLevel });

runService({ logger, stopDeadlineMs: 60_000, start: (releasers) => startWorker(config, logger, releasers) });
