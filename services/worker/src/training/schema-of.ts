import { type Schema, createSchema, schemas } from '@cytoqueue/schema';

/** @param given as a training has it: the id of a shipped schema, or the definition of a custom one */
export function schemaOf(given: string | object): Schema {
  if (typeof given === 'object') return createSchema(given);
  const shipped = Object.values(schemas).find(({ id }) => id === given);
  if (shipped === undefined) throw new RangeError(`there is no schema ${given}`);
  return shipped;
}
