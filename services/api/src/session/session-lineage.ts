/** Between the id of a session and that of one made in it; stands in no id, and may stand in a cookie and a Redis key. */
const SEPARATOR = '~';
/** Each generation makes the cookie 17 characters longer. */
const MAX_GENERATIONS = 8;

/** The id of a session names all sessions that it comes from, so that ending one of them ends it too, without a register. */
export function childId(parent: string | undefined, own: string): string {
  return parent === undefined ? own : `${parent}${SEPARATOR}${own}`;
}

/** The session's own id and those of all that it comes from. */
export function lineageOf(id: string): string[] {
  const parts = id.split(SEPARATOR);
  return parts.map((_, index) => parts.slice(0, index + 1).join(SEPARATOR));
}

export function canHaveChildren(id: string): boolean {
  return lineageOf(id).length < MAX_GENERATIONS;
}
