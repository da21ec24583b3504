/** Replaces a method of a real part for one call per failure, then restores it. @returns how often it has failed */
export function failing<T extends object, K extends keyof T>(
  part: T,
  name: K,
  times: number,
  error: Error,
  when: (...args: never[]) => boolean = () => true,
  effect = false,
): () => number {
  const original = part[name] as (...args: never[]) => Promise<unknown>;
  let failures = 0;
  (part[name] as unknown) = async (...args: never[]) => {
    if (failures >= times || !when(...args)) return original.apply(part, args);
    failures++;
    if (effect) await original.apply(part, args);
    throw error;
  };
  return () => failures;
}
