/** `name@version`, as the API accepts it. */
export function modelReference({ name, version }: { name: string; version: string }): string {
  return `${name}@${version}`;
}

/** @param reference `name@version` @returns empty texts for an empty one */
export function parseModelReference(reference: string): { name: string; version: string } {
  const at = reference.lastIndexOf('@');
  return { name: reference.slice(0, Math.max(0, at)), version: reference.slice(at + 1) };
}

/** `name version`, as pages show it. @param model a reference or its parts */
export function modelLabel(model: string | { name: string; version: string }): string {
  const { name, version } = typeof model === 'string' ? parseModelReference(model) : model;
  return `${name} ${version}`;
}

/**
 * Address of a version's page. The name of an own model, `own/NAME`, is two segments of it: the service answers no address with
 * an encoded slash.
 */
export function modelAddress(name: string, version: string): string {
  return ['', 'models', ...name.split('/'), version].map(encodeURIComponent).join('/');
}

/** Whether only one laboratory has the model. */
export function isOwnModel(name: string): boolean {
  return name.startsWith('own/');
}
