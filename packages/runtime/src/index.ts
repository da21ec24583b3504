export { type ActiveKey, ActiveKeys, isUnexpired, type KeyEntries, type KeySource } from './active-keys';
export { ApiKeyFilePoller, type ApiKeyFilePollerOptions, compareKeys, type KeyChange } from './api-key-file-poller';
export {
  type ApiKeys,
  ApiKeysError,
  createApiKey,
  ensureLocalApiKey,
  hashApiKey,
  keyIdentifier,
  loadApiKeys,
  parseApiKeys,
  type Role,
  roles,
  saveApiKeys,
  type TenantLimits,
} from './api-keys';
export { type Config, ConfigError, loadConfig } from './config';
export {
  type DependencyProblem,
  DependencyWatch,
  type DependencyWatchOptions,
  type Finding,
  UnsuitableDependencyError,
} from './dependency-watch';
export { LogWriter, type LogWriterOptions } from './log-writer';
export { createLogger, type Logger } from './logger';
export { PeriodicTask, type PeriodicTaskOptions } from './periodic-task';
export { describeProblems, NOT_READY, Readiness, watchReadiness } from './readiness';
export {
  CleanupStack,
  type MainOptions,
  notifyParent,
  raiseThreadPoolSize,
  runMain,
  runService,
  type ServiceOptions,
} from './run-service';
export { createSessionSecret, ensureSessionSecret } from './session-secret';
export { TaskProtection, type TaskProtectionOptions } from './task-protection';
