import { queueNames } from '@cytoqueue/queue';

const QUEUE = `(?:${Object.values(queueNames).join('|')})`;
/** Job ids as `jobIds` creates them; none equals a path segment of the board. */
const JOB = String.raw`(?:pred|batch|training)_[0-9a-z]+(?:\.(?:row)?\d+)*`;
const FILE = String.raw`(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*`;

const READ_PATHS: readonly string[] = [
  '/?',
  `/queue/${QUEUE}`,
  `/queue/${QUEUE}/${JOB}`,
  `/static/${FILE}`,
  '/job-schedulers',
  '/api/queues',
  '/api/redis/stats',
  '/api/job-schedulers',
  `/api/queues/${QUEUE}/(?:metrics|default-job-options|workers|rate-limit|job-data-schema)`,
  `/api/queues/${QUEUE}/${JOB}(?:/(?:logs|flow))?`,
];
/** Changes that run or pause jobs which the service enqueued. None accepts job data, edits a job or removes one. */
const CHANGE_PATHS: readonly string[] = [
  '/api/queues/(?:pause|resume)',
  `/api/queues/${QUEUE}/(?:pause|resume|promote|retry/failed)`,
  `/api/queues/${QUEUE}/${JOB}/(?:retry|promote)`,
];

const readPattern = new RegExp(`^(?:${READ_PATHS.join('|')})$`);
const changePattern = new RegExp(`^(?:${CHANGE_PATHS.join('|')})$`);

export type BoardOperation = 'read' | 'change';

/**
 * Classifies a request to the board; undefined when it is not allowed. The allow-list matches method and exact path, so
 * that other spellings which the board's router accepts (case, trailing slash, encoding) and routes that a later
 * version of the board adds are rejected.
 * @param path the path below the board's own, as it was sent
 */
export function boardOperation(method: string, path: string): BoardOperation | undefined {
  if (method === 'GET' || method === 'HEAD') return readPattern.test(path) ? 'read' : undefined;
  return method === 'PUT' && changePattern.test(path) ? 'change' : undefined;
}
