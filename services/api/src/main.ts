import { createLogger, loadConfig, runService, widenThreadPool } from '@cytoqueue/runtime';
import { startApi } from './service';

widenThreadPool(process.env);
const config = loadConfig(process.env);
const logger = createLogger({ service: 'api', environment: config.environment, level: config.logLevel });

runService({ logger, stopDeadlineMs: 20_000, start: (releasers) => startApi(config, logger, releasers) });
