import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { ROOT } from '../support/stack-process';

interface Media {
  example?: unknown;
}
interface Operation {
  operationId: string;
  responses: Record<string, { content?: Record<string, Media> }>;
}

const document = JSON.parse(readFileSync(join(ROOT, 'services/api/openapi.json'), 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
};
const ajv = new Ajv2020({ strict: false });
addFormats(ajv);
ajv.addSchema(document, 'openapi');

const examples = Object.entries(document.paths).flatMap(([path, operations]) =>
  Object.entries(operations).flatMap(([method, { operationId, responses }]) =>
    Object.entries(responses).flatMap(([status, { content }]) => {
      const example = content?.['application/json']?.example;
      const place = ['paths', path, method, 'responses', status, 'content', 'application/json', 'schema'];
      return example === undefined ? [] : [{ name: `${operationId} ${status}`, example, place }];
    }),
  ),
);

test.each(examples)('the example of $name has every member of its schema and no other', ({ example, place }) => {
  const pointer = place.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
  const validate = ajv.compile({ $ref: `openapi#/${pointer}` });
  validate(example);
  expect(validate.errors ?? []).toEqual([]);
});
