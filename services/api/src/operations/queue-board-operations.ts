import { queueNames } from '@cytoqueue/queue';

const QUEUE = `(?:${Object.values(queueNames).join('|')})`;
/** As `jobIds` makes them; none is a word of the board's own addresses. */
const JOB = String.raw`(?:pred|batch)_[0-9a-z]+(?:\.\d+)*`;
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
/** They run what the service itself has enqueued, or let it wait. None takes job data, changes a job or removes one. */
const CHANGE_PATHS: readonly string[] = [
  '/api/queues/(?:pause|resume)',
  `/api/queues/${QUEUE}/(?:pause|resume|promote|retry/failed)`,
  `/api/queues/${QUEUE}/${JOB}/(?:retry|promote)`,
];

const readPattern = new RegExp(`^(?:${READ_PATHS.join('|')})$`);
const changePattern = new RegExp(`^(?:${CHANGE_PATHS.join('|')})$`);

export type BoardOperation = 'read' | 'change';

/**
 * The operation that a request for the board stands for; undefined for everything else. The allow-list names method and
 * exact path, so that a spelling which the board's own router accepts too (another case, a slash at the end, an encoding)
 * or a route that a later version of the board adds is refused.
 * @param path below the board's own path, as it was sent
 */
export function boardOperation(method: string, path: string): BoardOperation | undefined {
  if (method === 'GET' || method === 'HEAD') return readPattern.test(path) ? 'read' : undefined;
  return method === 'PUT' && changePattern.test(path) ? 'change' : undefined;
}
