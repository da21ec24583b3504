import { describeProperty } from './property-descriptions';

interface Schema {
  $ref?: string;
  type?: unknown;
  format?: string;
  description?: string;
  example?: unknown;
  properties?: Record<string, Schema>;
  items?: Schema;
  prefixItems?: Schema[];
  additionalProperties?: Schema | boolean;
  anyOf?: Schema[];
  oneOf?: Schema[];
  minimum?: number;
  maximum?: number;
}

interface Parameter {
  name: string;
  in: string;
  description?: string;
  example?: unknown;
  schema?: Schema;
}

interface Content {
  content?: Record<string, { schema?: Schema }>;
}

interface Document {
  paths: Record<
    string,
    Record<string, { parameters?: Parameter[]; requestBody?: Content; responses: Record<string, Content> }>
  >;
  components: { schemas: Record<string, Schema>; responses?: Record<string, Content> };
}

/**
 * Completes what the schemas of the code leave open: descriptions by name, examples of path parameters, no limits that are those of
 * JavaScript's integers, and responses that may gain members.
 */
export function completeSchemas(created: object): void {
  const document = created as Document;
  const { schemas, responses = {} } = document.components;
  for (const [name, schema] of Object.entries(schemas)) visit(schema, name, complete);
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.values(item).map((operation) => ({ path, operation })),
  );
  const contents = operations.flatMap(({ operation }) => [
    ...Object.values(operation.responses),
    ...(operation.requestBody === undefined ? [] : [operation.requestBody]),
  ]);
  for (const schema of schemasOf(contents)) visit(schema, '', complete);
  for (const { path, operation } of operations)
    for (const parameter of operation.parameters ?? []) completeParameter(parameter, path);
  const seen = new Set<string>();
  const answered = [
    ...operations.flatMap(({ operation }) => Object.values(operation.responses)),
    ...Object.values(responses),
  ];
  for (const schema of schemasOf(answered)) openToMembers(schema, schemas, seen);
}

function schemasOf(contents: Content[]): Schema[] {
  return contents.flatMap(({ content = {} }) => Object.values(content).flatMap(({ schema }) => schema ?? []));
}

function complete(schema: Schema, place: string): void {
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.prefixItems !== undefined) {
    // Pairs of one type; few generators know tuples.
    schema.items = schema.prefixItems[0];
    delete schema.prefixItems;
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const description = describeProperty(`${place}.${name}`);
    // Beside a reference the description would hide that of the schema itself.
    if (description !== undefined && property.$ref === undefined) property.description ??= description;
  }
}

function completeParameter(parameter: Parameter, path: string): void {
  const { name, schema } = parameter;
  if (schema !== undefined) visit(schema, name, complete);
  const place = parameter.in === 'path' ? `${path.split('/')[2]}.${name}` : name;
  parameter.description ??= schema?.description ?? describeProperty(`path.${place}`);
  const example = parameter.in === 'path' ? PATH_EXAMPLES[place] : undefined;
  if (example !== undefined) parameter.example ??= example;
}

/** Names of what ships with the service, so that they work as they stand. */
const PATH_EXAMPLES: Record<string, string> = {
  'models.name': 'wbc-knn',
  'models.version': '1.1.0',
  'models.file': 'roc.svg',
  'import-profiles.name': 'our-lab',
  'batches.row': '1',
};

/** A client that was built from the document must accept members that a later release adds. */
function openToMembers(schema: Schema, schemas: Record<string, Schema>, seen: Set<string>): void {
  visit(schema, '', (each) => {
    if (each.additionalProperties === false) delete each.additionalProperties;
    const name = each.$ref?.split('/').pop();
    const target = name === undefined ? undefined : schemas[name];
    if (name === undefined || target === undefined || seen.has(name)) return;
    seen.add(name);
    openToMembers(target, schemas, seen);
  });
}

function visit(schema: Schema, place: string, action: (schema: Schema, place: string) => void): void {
  action(schema, place);
  for (const [name, property] of Object.entries(schema.properties ?? {})) visit(property, `${place}.${name}`, action);
  const { items, additionalProperties, anyOf = [], oneOf = [] } = schema;
  const nested = [items, additionalProperties, ...anyOf, ...oneOf];
  for (const each of nested) if (typeof each === 'object') visit(each, place, action);
}
