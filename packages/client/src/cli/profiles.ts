import { readFileSync } from 'node:fs';
import type { ImportProfile } from '../types';
import { expectOperands } from './arguments';
import type { CommandContext } from './command-context';
import { formatProfiles } from './format';
import { UsageError } from './usage-error';

/** Lists, shows, saves or deletes import profiles, by the first operand. */
export async function profiles(context: CommandContext): Promise<number> {
  const { client, terminal, options, operands } = context;
  const [action = 'list', ...rest] = operands;
  switch (action) {
    case 'list': {
      expectOperands(rest, []);
      const all = await client.listImportProfiles(context);
      terminal.stdout(options.json ? JSON.stringify(all) : formatProfiles(all));
      return 0;
    }
    case 'show': {
      const [name] = expectOperands(rest, ['NAME']);
      const { name: _, ...profile } = await client.getImportProfile(name, context);
      terminal.stdout(JSON.stringify(profile, undefined, options.json ? undefined : 2));
      return 0;
    }
    case 'save': {
      const [name, path] = expectOperands(rest, ['NAME', 'FILE']);
      const saved = await client.putImportProfile(name, readProfile(path), context);
      if (options.json) terminal.stdout(JSON.stringify(saved));
      for (const { code, detail } of saved.warnings ?? []) terminal.stderr(`warning ${code}: ${detail}`);
      terminal.stderr(`import profile ${name} is saved; upload with --profile ${name}`);
      return 0;
    }
    case 'delete': {
      const [name] = expectOperands(rest, ['NAME']);
      await client.deleteImportProfile(name, context);
      terminal.stderr(`import profile ${name} is deleted`);
      return 0;
    }
    default:
      throw new UsageError(`unknown action of profiles: ${action}; use show, save or delete`);
  }
}

/** The API checks the members. @throws UsageError */
function readProfile(path: string): ImportProfile {
  try {
    const { name: _, ...profile } = JSON.parse(readFileSync(path === '-' ? 0 : path, 'utf8')) as ImportProfile & {
      name?: string;
    };
    return profile;
  } catch (error) {
    throw new UsageError(`${path} is no JSON file of an import profile: ${(error as Error).message}`);
  }
}
