import type { ModelRegistry } from '@cytoqueue/registry';
import { type DamageReport, ObjectKeys, importProfileShape, readDocument, putDocument } from '@cytoqueue/records';
import {
  ObjectCorruptError,
  ObjectNotFoundError,
  type ObjectStore,
  ObjectUnreadableError,
  listAll,
} from '@cytoqueue/storage';
import { z } from 'zod';
import { readJson } from '../http/json-body';
import { Problem } from '../http/problem';
import { jsonResponse, problemResponses } from '../openapi/responses';
import { type HandlerContext, type Operation, type Route, validateInput } from '../http/router';
import { toProblem } from '../to-problem';
import { importProfile } from './import-profiles';
import { warnOfUnknownNames } from './unknown-names';

const collectionPath = '/v1/import-profiles';
const itemPath = `${collectionPath}/{name}`;
const MAX_PROFILES = 100;

const tags = ['import profiles'];
const nameParam = { path: z.object({ name: z.string().max(64) }) };
const namedProfile = z.strictObject({ name: z.string(), ...importProfile.shape }).meta({ id: 'NamedImportProfile' });

const savedProfile = z
  .strictObject({
    ...namedProfile.shape,
    warnings: z
      .array(z.strictObject({ code: z.literal('unknown-name'), detail: z.string() }))
      .optional()
      .meta({
        description:
          'Names in `columns` that no model of the tenant has as a feature; the profile is saved nevertheless',
      }),
  })
  .meta({ id: 'SavedImportProfile' });

const damagedProfile = z
  .strictObject({
    name: z.string(),
    error: z.strictObject({ code: z.enum(['object-damaged', 'object-unreadable']), detail: z.string() }),
  })
  .meta({ id: 'DamagedImportProfile', description: 'PUT replaces it, DELETE removes it' });

const listProfilesOperation: Operation = {
  operationId: 'listImportProfiles',
  summary: 'The import profiles of the tenant, by name',
  tags,
  responses: {
    200: jsonResponse('All of them', z.strictObject({ data: z.array(z.union([namedProfile, damagedProfile])) })),
    ...problemResponses(401, 403, 503),
  },
};

const getProfileOperation: Operation = {
  operationId: 'getImportProfile',
  summary: 'One import profile',
  tags,
  requestParams: nameParam,
  responses: {
    200: jsonResponse('The profile', namedProfile),
    ...problemResponses(401, 403, 404, 409, 500, 503),
  },
};

const putProfileOperation: Operation = {
  operationId: 'putImportProfile',
  summary: 'Create or replace an import profile; batches that used it keep its earlier content',
  tags,
  requestParams: nameParam,
  requestBody: { required: true, content: { 'application/json': { schema: importProfile } } },
  responses: {
    200: jsonResponse('The profile as stored', savedProfile),
    ...problemResponses(400, 401, 403, 404, 409, 413, 415, 422, 503, 507),
  },
};

const deleteProfileOperation: Operation = {
  operationId: 'deleteImportProfile',
  summary: 'Remove an import profile',
  tags,
  requestParams: nameParam,
  responses: { 204: { description: 'It is removed' }, ...problemResponses(401, 403, 404, 503) },
};

interface ImportProfileDeps {
  store: ObjectStore;
  registry: ModelRegistry;
  damage: DamageReport;
}

export function importProfileRoutes({ store, registry, damage }: ImportProfileDeps): Route[] {
  const access = 'patient-data';
  return [
    {
      method: 'get',
      path: collectionPath,
      access,
      operation: listProfilesOperation,
      handle: (context) => listProfiles(store, damage, context),
    },
    {
      method: 'get',
      path: itemPath,
      access,
      operation: getProfileOperation,
      handle: (context) => getProfile(store, context),
    },
    {
      method: 'put',
      path: itemPath,
      access,
      operation: putProfileOperation,
      handle: (context) => putProfile({ store, registry }, context),
    },
    {
      method: 'delete',
      path: itemPath,
      access,
      operation: deleteProfileOperation,
      handle: (context) => deleteProfile(store, context),
    },
  ];
}

async function readProfile(store: ObjectStore, tenant: string, name: string) {
  return { name, ...(await readDocument(store, ObjectKeys.importProfile(tenant, name), importProfileShape)) };
}

async function listNames(store: ObjectStore, tenant: string): Promise<string[]> {
  const folder = ObjectKeys.importProfilesFolder(tenant);
  const names: string[] = [];
  for await (const { key } of listAll(store, folder)) names.push(key.slice(folder.length).replace(/\.json$/, ''));
  return names;
}

async function listProfiles(
  store: ObjectStore,
  damage: DamageReport,
  { response, principal: { tenant } }: HandlerContext,
): Promise<void> {
  const read = async (name: string) => {
    try {
      return await readProfile(store, tenant, name);
    } catch (error) {
      // It was deleted meanwhile.
      if (error instanceof ObjectNotFoundError) return undefined;
      if (!(error instanceof ObjectCorruptError || error instanceof ObjectUnreadableError)) throw error;
      damage.report(ObjectKeys.importProfile(tenant, name), error, { tenant });
      const { type: code, detail } = toProblem(error);
      return { name, error: { code, detail } };
    }
  };
  const profiles = await Promise.all((await listNames(store, tenant)).map(read));
  response.json({ data: profiles.filter((profile) => profile !== undefined) });
}

async function getProfile(store: ObjectStore, { response, params, principal }: HandlerContext): Promise<void> {
  response.json(await readProfile(store, principal.tenant, params.name));
}

async function putProfile(
  { store, registry }: Pick<ImportProfileDeps, 'store' | 'registry'>,
  context: HandlerContext,
): Promise<void> {
  const { request, response, params, principal, auditEntry } = context;
  const name = params.name;
  const key = ObjectKeys.importProfile(principal.tenant, name);
  const content = validateInput(importProfile, await readJson(request, response), 'field');
  const names = await listNames(store, principal.tenant);
  if (names.length >= MAX_PROFILES && !names.includes(name)) throw tooManyProfiles();
  auditEntry.resource = `import-profiles/${name}`;
  await putDocument(store, key, content);
  if (!names.includes(name)) await assertStillInLimit(store, principal.tenant, key);
  await auditEntry.recordDurably();
  const warnings = await warnOfUnknownNames(registry, principal.tenant, content);
  response.json({ name, ...content, ...(warnings.length > 0 && { warnings }) });
}

/** Requests at the same time have not seen each other's profile before they stored it: each of them is refused then. */
async function assertStillInLimit(store: ObjectStore, tenant: string, key: string): Promise<void> {
  if ((await listNames(store, tenant)).length <= MAX_PROFILES) return;
  await store.delete(key);
  throw tooManyProfiles();
}

function tooManyProfiles(): Problem {
  return new Problem('too-many-profiles', `A tenant may have ${MAX_PROFILES} import profiles; delete one first.`);
}

async function deleteProfile(
  store: ObjectStore,
  { response, params, principal, auditEntry }: HandlerContext,
): Promise<void> {
  const name = params.name;
  const key = ObjectKeys.importProfile(principal.tenant, name);
  // Without reading it, so that a damaged profile can be deleted.
  if ((await store.head(key)) === undefined) throw new ObjectNotFoundError(key);
  auditEntry.resource = `import-profiles/${name}`;
  await store.delete(key);
  await auditEntry.recordDurably();
  response.status(204).end();
}
