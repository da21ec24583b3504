import { plainText } from './plain-text';
import type { Label, Schema } from './schema';

/** The known class in a training file's cell: 0 benign, 1 malignant, undefined for anything else. */
export function parseLabel(text: string, schema: Schema): Label | undefined {
  const token = plainText(text).toLowerCase();
  const [benign, malignant] = schema.labelTokens;
  if (benign.includes(token)) return 0;
  return malignant.includes(token) ? 1 : undefined;
}
