/** Separates a session's id from its parent's. Occurs in no id and is valid in cookies and Redis keys. */
const SEPARATOR = '~';
/** Each generation adds 17 characters to the cookie. */
const MAX_GENERATIONS = 8;

/**
 * A session's id contains the ids of its ancestors, so that revoking one revokes its descendants without a registry.
 */
export function childId(parent: string | undefined, own: string): string {
  return parent === undefined ? own : `${parent}${SEPARATOR}${own}`;
}

/** The session's own id and those of its ancestors. */
export function lineageOf(id: string): string[] {
  const parts = id.split(SEPARATOR);
  return parts.map((_, index) => parts.slice(0, index + 1).join(SEPARATOR));
}

export function canHaveChildren(id: string): boolean {
  return lineageOf(id).length < MAX_GENERATIONS;
}
