import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Responses of a running service by operationId and status, shortened. */
const EXAMPLES = join(__dirname, '..', '..', 'static', 'response-examples.json');

type Responses = Record<string, { content?: Record<string, object> }>;

/** Adds the examples to the JSON responses of operations. */
export function addResponseExamples(): (responses: object, operationId: string) => object {
  const examples = JSON.parse(readFileSync(EXAMPLES, 'utf8')) as Record<string, Record<string, unknown>>;
  return (responses, operationId) =>
    Object.fromEntries(
      Object.entries(responses as Responses).map(([status, response]) => {
        const example = examples[operationId]?.[status];
        const media = response.content?.['application/json'];
        if (example === undefined || media === undefined) return [status, response];
        return [status, { ...response, content: { 'application/json': { ...media, example } } }];
      }),
    );
}
