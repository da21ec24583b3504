import { existsSync, readFileSync } from 'node:fs';
import { type Model, parseModel } from '@cytoqueue/classifier';
import { type ModelComparison, comparisonsShape, parseDocument } from '@cytoqueue/records';
import { ModelRegistry } from '@cytoqueue/registry';
import { loadConfig } from '@cytoqueue/runtime';
import { ObjectMismatchError, type ObjectStore } from '@cytoqueue/storage';
import { auditCommand, commandActor } from '../audit/audit-command';
import { parseArguments } from '../command-options';
import { withExistingStore, withStartedStore } from '../opened-store';
import { textTable } from '../demo/text-table';
import type { Environment } from '../stack/launch';
import { compareVersions, loadShippedVersions } from '../train/compare-versions';
import { readTrainingFile } from '../train/training-file';

const USAGE = `Usage: npm run models -- list
       npm run models -- install                            puts the versions that this release ships into the store; champions stay
       npm run models -- add FILE [--data TRAINING_FILE]    puts a version into the store and compares it with the champion
       npm run models -- add FILE --tenant TENANT           stores it as the next version of the tenant's own model own/NAME
       npm run models -- compare NAME VERSION [--data TRAINING_FILE]
       npm run models -- promote NAME VERSION [--accept-lower-sensitivity] [--accept-unknown]
                                                            makes it what NAME means from now on
       npm run models -- rollback NAME                      goes back to the champion before
       npm run models -- shadow NAME [VERSION | off]        has a version score batches beside the champion; without one, shows the counts
The store is STORAGE_URL, or that of DATA_DIR. A version that finds fewer malignant records than the champion, or that was
not compared with it, is promoted only with the option that accepts this. --data gives the ids of the version's training rows.
--tenant: the tenant's admins promote and delete its own models, through the API.`;

/** Manages model versions in the store at STORAGE_URL; every change is audited. Sets the exit code. */
export async function runModelsCommand(environment: Environment, args: readonly string[]): Promise<void> {
  try {
    const parsed = parse(args);
    const url = loadConfig(environment).storageUrl;
    if (isReading(parsed)) await withExistingStore(url, (store) => run(store, parsed));
    else await withStartedStore(url, (store) => run(store, parsed));
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}

function parse(args: readonly string[]) {
  const flag = { type: 'boolean', default: false } as const;
  const text = { type: 'string' } as const;
  const options = { data: text, tenant: text, 'accept-lower-sensitivity': flag, 'accept-unknown': flag };
  return parseArguments(args, options, USAGE);
}

type Parsed = ReturnType<typeof parse>;

const isReading = ({ positionals: [command, , second] }: Parsed): boolean =>
  command === 'list' || (command === 'shadow' && second === undefined);

async function run(store: ObjectStore, parsed: Parsed): Promise<void> {
  const [command, first, second] = parsed.positionals;
  const { tenant, data } = parsed.values;
  // Every other command concerns shared models, which a tenant's name suggests that it does not.
  if (tenant !== undefined && (command !== 'add' || data !== undefined)) throw new Error(USAGE);
  const registry = new ModelRegistry(store);
  if (!isReading(parsed)) await registry.installShipped();
  const count = parsed.positionals.length - 1;
  if ((command === 'list' || command === 'install') && count === 0) return printModels(registry);
  if (command === 'add' && first !== undefined && count === 1 && tenant !== undefined)
    return addOwnVersion(store, registry, first, tenant);
  if (command === 'add' && first !== undefined && count === 1) return addVersion(store, registry, first, data);
  if (command === 'compare' && second !== undefined && count === 2) {
    const { model } = await registry.load(`${first}@${second}`);
    await compare(registry, model, [], data);
    return auditCommand(store, { action: 'model.compare', resource: `models/${model.ref}` });
  }
  if (command === 'promote' && first !== undefined && second !== undefined && count === 2) {
    await registry.promote(first, second, commandActor(), {
      lowerSensitivity: parsed.values['accept-lower-sensitivity'],
      unknown: parsed.values['accept-unknown'],
    });
    return done(store, 'model.promote', `${first}@${second}`, `${first}@champion is ${second} now`);
  }
  if (command === 'rollback' && first !== undefined && count === 1) {
    const { version } = await registry.rollBack(first, commandActor());
    return done(store, 'model.rollback', `${first}@${version}`, `${first}@champion is ${version} again`);
  }
  if (command === 'shadow' && first !== undefined && count <= 2) return shadow(store, registry, first, second);
  throw new Error(USAGE);
}

async function shadow(
  store: ObjectStore,
  registry: ModelRegistry,
  name: string,
  version: string | undefined,
): Promise<void> {
  const champion = (await registry.readChampion(name)).version;
  if (version === 'off') {
    if (!(await registry.shadows.end(name))) throw new Error(`${name} has no shadow version`);
    return done(store, 'model.delete-shadow', name, `${name} has no shadow version now, and its counts are deleted`);
  }
  if (version !== undefined) {
    await registry.setShadow(name, version);
    return done(
      store,
      'model.set-shadow',
      `${name}@${version}`,
      `${name}@${version} scores batches beside ${champion}`,
    );
  }
  const found = await registry.shadows.find(name);
  if (found === undefined) return console.log(`${name} has no shadow version`);
  const { agreed, disagreed } = await registry.shadows.readCounts(found.id, champion);
  console.log(
    `${name}@${found.model.version} beside ${champion} since ${found.since}: ${agreed} rows agreed, ${disagreed} disagreed`,
  );
}

/** Nothing becomes champion: the tenant's admins decide that. */
async function addOwnVersion(store: ObjectStore, registry: ModelRegistry, path: string, tenant: string): Promise<void> {
  const { name, version, digest } = await registry.ofTenant(tenant).add(readFileSync(path));
  await done(store, 'model.add', `${name}@${version}`, `${tenant} has ${name}@${version} (${digest})`);
}

async function addVersion(
  store: ObjectStore,
  registry: ModelRegistry,
  path: string,
  data: string | undefined,
): Promise<void> {
  const bytes = readFileSync(path);
  const { name, version, digest } = await registry.add(bytes).catch((error: unknown) => {
    if (!(error instanceof ObjectMismatchError)) throw error;
    throw new Error(`${error.message}: train it again with another --model-version or --name`);
  });
  const hint = await championHint(registry, name, version);
  await done(store, 'model.add', `${name}@${version}`, `${name}@${version} is in the store (${digest})${hint}`);
  const model = parseModel(bytes);
  await compare(registry, model, comparisonsBeside(path, model), data);
}

/** Stores and prints how a version compares with the champion of its name and with the shipped versions. */
async function compare(
  registry: ModelRegistry,
  model: Model,
  known: readonly ModelComparison[],
  data: string | undefined,
): Promise<void> {
  const champion = (await registry.find(model.name))?.champion ?? undefined;
  const others = [
    ...loadShippedVersions(model.schema),
    ...(champion === undefined ? [] : [(await registry.load(`${model.name}@${champion}`)).model]),
  ];
  const isOpen = ({ digest }: Model, place: number) =>
    !known.some((one) => one.digest === digest) && others.findIndex((one) => one.digest === digest) === place;
  const complete = data === undefined ? undefined : readTrainingFile(data, model.schema).complete;
  const { comparisons, failures } = compareVersions(model, others.filter(isOpen), complete);
  const all = [...known, ...comparisons];
  await registry.comparisons.add(model, all);
  if (all.length > 0) console.log(tableOf(model, all));
  for (const failure of failures) console.error(`not compared: ${failure}`);
}

/** The comparisons that `npm run train` has written beside the model's file. */
function comparisonsBeside(path: string, { digest }: Model): ModelComparison[] {
  const beside = `${path.replace(/\.json$/, '')}/comparisons.json`;
  if (!existsSync(beside)) return [];
  const document = parseDocument(readFileSync(beside), beside, comparisonsShape);
  return document.digest === digest ? document.comparisons : [];
}

function tableOf({ ref }: Model, comparisons: readonly ModelComparison[]): string {
  const rows = comparisons.map(({ model, records, records_of: source, sensitivity, specificity, auc }) => {
    const { value, low, high } = sensitivity.difference;
    const figures = [sensitivity, specificity, auc].map((figure) => `${figure.value} (${figure.other})`);
    return [model, `${records} of ${source}`, ...figures, `${value} (${low} to ${high})`];
  });
  const header = [
    'other version',
    'records',
    'sensitivity (other)',
    'specificity (other)',
    'AUC (other)',
    'difference of sensitivity',
  ];
  return `${ref} compared with others:\n${textTable(header, rows)}`;
}

/** A name's first version answers to `name@version` only. */
async function championHint(registry: ModelRegistry, name: string, version: string): Promise<string> {
  const isChosen = (await registry.find(name))?.champion !== null;
  return isChosen ? '' : `; ${name} has no champion yet: npm run models -- promote ${name} ${version}`;
}

async function printModels(registry: ModelRegistry): Promise<void> {
  for (const { name, champion, versions } of await registry.list()) {
    const marked = versions.map((version) => (version === champion ? `${version} (champion)` : version)).join(', ');
    console.log(`${name}: ${marked}${champion === null ? '; no champion' : ''}`);
  }
}

async function done(store: ObjectStore, action: string, model: string, message: string): Promise<void> {
  await auditCommand(store, { action, resource: `models/${model}` });
  console.log(message);
}
