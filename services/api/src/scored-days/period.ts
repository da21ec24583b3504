import { z } from 'zod';

const instant = z.iso.datetime({ offset: true });

export const periodQuery = z.strictObject({
  model: z.string().max(256).optional().meta({ description: 'name (all its versions) or name@version' }),
  from: instant.optional().meta({ description: 'Accepted in the second of this time or later' }),
  to: instant.optional().meta({ description: 'Accepted before the second of this time' }),
});

/** Acceptance in [fromMs, toMs), whole seconds, and which model versions. */
export interface Period {
  fromMs: number;
  toMs: number;
  includes: (model: string) => boolean;
}

/** @param query as `periodQuery` parses it */
export function toPeriod(query: Record<string, unknown>): Period {
  const { model, from, to } = query as z.output<typeof periodQuery>;
  return {
    fromMs: from === undefined ? -Infinity : toSecond(Date.parse(from)),
    toMs: to === undefined ? Infinity : toSecond(Date.parse(to)),
    includes: (version) => model === undefined || version === model || version.startsWith(`${model}@`),
  };
}

/** The start of the second. Answers are counted by second, so periods consist of whole ones. */
export function toSecond(ms: number): number {
  return Math.floor(ms / 1_000) * 1_000;
}
