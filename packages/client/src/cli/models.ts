import { expectOperands } from './arguments';
import type { CommandContext } from './command-context';
import { formatComparisons, formatModels } from './format';
import { print } from './terminal';
import { UsageError } from './usage-error';

/** Lists models, or compares, promotes or deletes one version. */
export async function models(context: CommandContext): Promise<number> {
  const { client, operands, options, signal } = context;
  if (operands.length === 0) {
    const { defaults } = await client.session({ signal });
    return print(context, await client.listModels({ signal }), (listed) => formatModels(listed, defaults?.model));
  }
  const [action, name, version] = expectOperands(operands, ['compare, promote or delete', 'NAME', 'VERSION']);
  if (action === 'compare')
    return print(context, await client.getModelVersion(name, version, { signal }), formatComparisons);
  if (action === 'promote') {
    const promoted = await client.promote(name, version, {
      accept_unknown: options['accept-unknown'],
      accept_lower_sensitivity: options['accept-lower-sensitivity'],
      signal,
    });
    return print(context, promoted, (model) => formatModels([model]));
  }
  if (action !== 'delete') throw new UsageError(`models ${action} is not a command; use compare, promote or delete`);
  await client.deleteModelVersion(name, version, { signal });
  return print(context, { deleted: `${name}@${version}` }, ({ deleted }) => `deleted ${deleted}`);
}
