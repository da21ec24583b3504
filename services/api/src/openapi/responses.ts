import type { z } from 'zod';
import { problemExample } from '../http/problem-help';
import { problems } from '../http/problem';
import { problem, problemTypes } from '../http/response-schemas';
import { headers } from './headers';

/** A JSON response of an operation. */
export function jsonResponse(
  description: string,
  schema: z.ZodType,
  ownHeaders: Record<string, { schema: { type: 'string' } }> = {},
) {
  return { description, headers: ownHeaders, content: { 'application/json': { schema } } };
}

/** A response that is not JSON: a file or a page. */
export function rawResponse(description: string, mediaType: string) {
  return { description, content: { [mediaType]: { schema: { type: 'string' as const } } } };
}

/** A stream of events named "status", each of which holds the whole resource. */
export function eventStreamResponse(component: 'Batch' | 'Prediction' | 'Training') {
  const event = `id: 1\nevent: status\ndata: {"id":"…","status":"processing", …}\n\n`;
  const schema = {
    type: 'string' as const,
    description: `Events named "status"; the data of each is a ${component} as JSON`,
    'x-event-data': { status: { $ref: `#/components/schemas/${component}` } },
  };
  return {
    description: `Events named "status", each a whole ${component}; comments keep the connection open`,
    content: { 'text/event-stream': { schema, example: event } },
  };
}

/** The problem responses of an operation. */
export function problemResponses(...statuses: number[]) {
  return Object.fromEntries(statuses.map((status) => [status, problemResponse(status)]));
}

const responsesByStatus = new Map<number, ReturnType<typeof createProblemResponse>>();

/** One object for each status, which the document holds once as a component. */
function problemResponse(status: number) {
  const known = responsesByStatus.get(status) ?? createProblemResponse(status);
  responsesByStatus.set(status, known);
  return known;
}

function createProblemResponse(status: number) {
  const types = problemTypes.filter((type) => problems[type].status === status);
  const examples = Object.fromEntries(
    types.map((type) => [type, { summary: problems[type].title, value: problemExample(type) }]),
  );
  return {
    id: `Problem${status}`,
    description: types.map((type) => `\`${type}\`: ${problems[type].title}`).join('\n\n'),
    headers: headers('X-Request-Id', 'Link', ...(PROBLEM_HEADERS[status] ?? [])),
    content: { 'application/problem+json': { schema: problem, examples } },
  };
}

const PROBLEM_HEADERS: Record<number, ('Retry-After' | 'WWW-Authenticate')[]> = {
  401: ['WWW-Authenticate'],
  429: ['Retry-After'],
  503: ['Retry-After'],
};
