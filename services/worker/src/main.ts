import { createLogger, loadConfig, runService } from '@cytoqueue/runtime';
import { startWorker } from './service';

const config = loadConfig(process.env);
const logger = createLogger({ service: 'worker', environment: config.environment, level: config.logLevel });

runService({ logger, stopDeadlineMs: 60_000, start: (releasers) => startWorker(config, logger, releasers) });
