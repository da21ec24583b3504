import type { QueueBacklog } from '@cytoqueue/queue';
import { z } from 'zod';
import { timestamp } from '../http/response-schemas';
import { jsonResponse, problemResponses } from '../openapi/responses';
import type { Route } from '../http/router';
import type { QueueStatus, QueueStatusReader } from './queue-status';

const count = z.int().min(0);
const seconds = z.number().min(0);
const percentiles = z.strictObject({ p50: z.number().min(0), p99: z.number().min(0) }).nullable();

export const queueSchema = z
  .strictObject({
    as_of: timestamp,
    backlog_rows: count.meta({
      description: 'Rows in waiting, prioritised, delayed and active jobs; a single record is one row',
    }),
    backlog_jobs: count,
    oldest_job_age_seconds: seconds.meta({ description: 'Age of the oldest of these jobs; 0 without any' }),
    workers_alive: count,
    workers: z
      .array(z.strictObject({ id: z.string(), alive: z.boolean(), slots: count, last_heartbeat_at: timestamp }))
      .meta({
        description:
          'Workers that have not stopped in order; one without heartbeat leaves the list after three minutes',
      }),
    rows_per_second: seconds.meta({
      description: 'Throughput: a decaying average, 0 when no row finished for 15 seconds',
    }),
    stalled: z
      .boolean()
      .meta({ description: 'Rows wait in a queue that is not paused, and none finished for 15 seconds' }),
    stalled_since: timestamp
      .nullable()
      .meta({ description: 'Since when rows have waited while none finished; null when not stalled' }),
    drain_seconds: seconds.nullable().meta({
      description:
        'The backlog divided by the capacity of the live workers; null when there are none or the queue is stalled',
    }),
    queues: z.array(
      z.strictObject({
        name: z.enum(['predictions', 'shards', 'finalize', 'trainings']),
        waiting: count,
        prioritized: count,
        delayed: count.meta({ description: 'Retried later, as all jobs are while the store is unavailable' }),
        active: count,
        failed: count,
        paused: z.boolean(),
        backlog_rows: count,
        oldest_job_age_seconds: seconds,
      }),
    ),
    latency: z
      .strictObject({ prediction_wait_ms: percentiles, prediction_total_ms: percentiles })
      .meta({ description: 'Single records of the last ten minutes, accurate to 5 %; null without any' }),
    failures: z.strictObject({ shards_failed: count, jobs_retried: count }).meta({ description: 'Of the last hour' }),
    history: z.array(z.strictObject({ at: timestamp, rows_per_second: seconds, backlog_rows: count.nullable() })).meta({
      description: 'The complete minutes of the last hour, oldest first; no backlog while no API process ran',
    }),
  })
  .meta({ id: 'Queue', description: 'Backlog, workers and throughput' });

export function queueRoutes({ queueStatus }: { queueStatus: QueueStatusReader }): Route[] {
  return [
    {
      method: 'get',
      path: '/v1/queue',
      access: 'operations',
      auditFailuresOnly: true,
      operation: {
        operationId: 'getQueue',
        summary: 'Backlog, workers, throughput and failures',
        tags: ['operations'],
        responses: { 200: jsonResponse('The current state', queueSchema), ...problemResponses(401, 403, 503) },
      },
      handle: async ({ response }) => {
        response.set('Cache-Control', 'no-store').json(toQueueResponse(await queueStatus.read()));
      },
    },
  ];
}

function toQueueResponse(status: QueueStatus): z.infer<typeof queueSchema> {
  const { latency, failures } = status;
  const before = (milliseconds: number): string => new Date(status.asOf.getTime() - milliseconds).toISOString();
  return {
    as_of: status.asOf.toISOString(),
    backlog_rows: status.backlogRows,
    backlog_jobs: status.backlogJobs,
    oldest_job_age_seconds: status.oldestJobAgeSeconds,
    workers_alive: status.workersAlive,
    workers: status.workers.map(({ id, isAlive, slots, silentMs }) => ({
      id,
      alive: isAlive,
      slots,
      last_heartbeat_at: before(silentMs),
    })),
    rows_per_second: Math.round(status.rowsPerSecond),
    stalled: status.stalled,
    stalled_since: status.stalledSeconds === undefined ? null : before(status.stalledSeconds * 1_000),
    drain_seconds: status.drainSeconds ?? null,
    queues: status.queues.map(toQueueEntry),
    latency: { prediction_wait_ms: latency.waitMs ?? null, prediction_total_ms: latency.totalMs ?? null },
    failures: { shards_failed: failures.shardsFailed, jobs_retried: failures.jobsRetried },
    history: status.history.map(({ startMs, rowsPerSecond, backlogRows }) => ({
      at: new Date(startMs).toISOString(),
      rows_per_second: Math.round(rowsPerSecond * 10) / 10,
      backlog_rows: backlogRows ?? null,
    })),
  };
}

function toQueueEntry({
  name,
  waiting,
  prioritized,
  delayed,
  active,
  failed,
  isPaused,
  rows,
  oldestAgeSeconds,
}: QueueBacklog) {
  return {
    name,
    waiting,
    prioritized,
    delayed,
    active,
    failed,
    paused: isPaused,
    backlog_rows: rows,
    oldest_job_age_seconds: oldestAgeSeconds,
  };
}
