import { lstatSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const TAR_BLOCK_BYTES = 512;

export interface ImageContent {
  /** Paths of files and links, relative to /app. */
  readonly files: readonly string[];
  /** Size of the layer as an uncompressed tar. */
  readonly bytes: number;
  /** Places of packages below node_modules. */
  readonly packages: readonly string[];
}

export function readImageContent(tree: string): ImageContent {
  const entries = listEntries(tree);
  const stats = entries.map((entry) => lstatSync(join(tree, entry)));
  const files = entries.filter((_, index) => stats[index]?.isDirectory() === false);
  const blocks = stats.reduce(
    (sum, entry) => sum + 1 + (entry.isFile() ? Math.ceil(entry.size / TAR_BLOCK_BYTES) : 0),
    0,
  );
  const manifests = files
    .filter((file) => /(^|\/)node_modules\/(@[^/]+\/)?[^/]+\/package\.json$/.test(file))
    .map((file) => dirname(file));
  const links = entries.filter((_, index) => stats[index]?.isSymbolicLink());
  return { files, bytes: blocks * TAR_BLOCK_BYTES, packages: [...manifests, ...links] };
}

/** `readdirSync` with `recursive` would follow links. */
function listEntries(tree: string, folder = ''): string[] {
  return readdirSync(join(tree, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? [path, ...listEntries(tree, path)] : [path];
  });
}
