export { type Config, ConfigError, loadConfig } from './config';
export { type Logger, createLogger } from './logger';
export { Releasers, type ServiceOptions, runService, tellParent, widenThreadPool } from './lifecycle';
export {
  type ApiKeys,
  ApiKeysError,
  type Role,
  createApiKey,
  ensureLocalApiKey,
  hashApiKey,
  loadApiKeys,
  parseApiKeys,
  roles,
  saveApiKeys,
} from './api-keys';
export { Periodic, type PeriodicOptions } from './periodic';
