import { plainText } from './plain-text';
import type { Label, Schema } from './schema';

/** The known class in a file's cell: 0 negative, 1 positive, undefined for anything else. */
export function parseLabel(text: string, schema: Schema): Label | undefined {
  const token = plainText(text).toLowerCase();
  const [negative, positive] = schema.labelTokens;
  if (negative.includes(token)) return 0;
  return positive.includes(token) ? 1 : undefined;
}
