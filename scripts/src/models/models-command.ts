import { readFile } from 'node:fs/promises';
import { ModelRegistry } from '@cytoqueue/registry';
import { loadConfig } from '@cytoqueue/runtime';
import { type ObjectStore, openStore } from '@cytoqueue/storage';
import { auditCommand, commandActor } from '../audit/audit-command';
import type { Environment } from '../stack/launch';

const USAGE = `Usage: npm run models -- list
       npm run models -- add FILE              puts a version into the store; it is no champion yet
       npm run models -- promote NAME VERSION  makes it what NAME means from now on
       npm run models -- rollback NAME         goes back to the champion before
The store is STORAGE_URL, or that of DATA_DIR.`;

/** Manages model versions in the store at STORAGE_URL; every change is audited. Sets the exit code. */
export async function runModelsCommand(environment: Environment, args: readonly string[]): Promise<void> {
  try {
    const store = openStore(loadConfig(environment).storageUrl);
    await store.start();
    try {
      await run(store, args);
    } finally {
      await store.stop();
    }
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}

async function run(store: ObjectStore, [command, ...args]: readonly string[]): Promise<void> {
  const registry = new ModelRegistry(store);
  await registry.installShipped();
  const [first, second] = args;
  if (command === 'list' && args.length === 0) return printModels(registry);
  if (command === 'add' && first !== undefined && args.length === 1) {
    const { name, version, digest } = await registry.add(await readFile(first));
    return done(
      store,
      'model.add',
      `${name}@${version}`,
      `${name}@${version} is in the store (${digest})${await championHint(registry, name, version)}`,
    );
  }
  if (command === 'promote' && second !== undefined && args.length === 2) {
    await registry.promote(first as string, second, commandActor());
    return done(store, 'model.promote', `${first}@${second}`, `${first}@champion is ${second} now`);
  }
  if (command === 'rollback' && first !== undefined && args.length === 1) {
    const { version } = await registry.rollBack(first, commandActor());
    return done(store, 'model.rollback', `${first}@${version}`, `${first}@champion is ${version} again`);
  }
  throw new Error(USAGE);
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
