import type { ModelRegistry } from '@cytoqueue/registry';
import { schemas, suggestFeature } from '@cytoqueue/schema';
import type { ImportProfile } from '@cytoqueue/tabular';

export interface ProfileWarning {
  code: 'unknown-name';
  detail: string;
}

/**
 * One warning for each name in `columns` that is neither a feature of a model that the tenant can use nor `id` or `label`: no upload
 * would use it. Model files are read only for names that the built-in schemas do not have.
 */
export async function warnOfUnknownNames(
  registry: ModelRegistry,
  tenant: string,
  { columns = {} }: ImportProfile,
): Promise<ProfileWarning[]> {
  const builtIn = Object.values(schemas).flatMap(({ features }) => features.map(({ name }) => name));
  const unknown = new Set(Object.keys(columns));
  for (const name of ['id', 'label', ...builtIn]) unknown.delete(name);
  if (unknown.size > 0) for await (const name of modelFeatures(registry, tenant)) unknown.delete(name);
  return [...unknown].map((name) => ({
    code: 'unknown-name',
    detail: `no model has a feature ${JSON.stringify(name)}, so its column is not used${suggestion(name)}`,
  }));
}

/** The features of the newest version of each model. A model that cannot be read is left out, as uploads cannot name it either. */
async function* modelFeatures(registry: ModelRegistry, tenant: string): AsyncGenerator<string> {
  const models = [...(await registry.list()), ...(await registry.ofTenant(tenant).list())];
  for (const { name, versions } of models) {
    const loaded = await registry.load(`${name}@${versions.at(-1)}`, tenant).catch(() => undefined);
    for (const feature of loaded?.model.schema.features ?? []) yield feature.name;
  }
}

function suggestion(name: string): string {
  const [similar] = Object.values(schemas)
    .map((schema) => suggestFeature(name, schema, [...schema.features.keys()]))
    .filter((feature) => feature !== undefined);
  return similar === undefined ? '' : ` (did you mean ${similar}?)`;
}
