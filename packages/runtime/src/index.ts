export { type Config, ConfigError, loadConfig } from './config';
export { type Logger, createLogger } from './logger';
export { LogWriter, type LogWriterOptions } from './log-writer';
export {
  type MainOptions,
  CleanupStack,
  type ServiceOptions,
  runMain,
  runService,
  notifyParent,
  raiseThreadPoolSize,
} from './run-service';
export {
  type ApiKeys,
  ApiKeysError,
  type Role,
  type TenantLimits,
  createApiKey,
  ensureLocalApiKey,
  hashApiKey,
  keyIdentifier,
  loadApiKeys,
  parseApiKeys,
  roles,
  saveApiKeys,
} from './api-keys';
export { type KeyChange, ApiKeyFilePoller, type ApiKeyFilePollerOptions, compareKeys } from './api-key-file-poller';
export { type ActiveKey, type KeyEntries, ActiveKeys, type KeySource, isUnexpired } from './active-keys';
export { createSessionSecret, ensureSessionSecret } from './session-secret';
export {
  type DependencyProblem,
  DependencyWatch,
  type DependencyWatchOptions,
  type Finding,
  UnsuitableDependencyError,
} from './dependency-watch';
export { NOT_READY, Readiness, describeProblems, watchReadiness } from './readiness';
export { TaskProtection, type TaskProtectionOptions } from './task-protection';
export { PeriodicTask, type PeriodicTaskOptions } from './periodic-task';
