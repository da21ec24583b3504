import { createHash } from 'node:crypto';
import { ObjectKeys, findDocument, importProfileShape } from '@cytoqueue/records';
import { InvalidKeyError, type ObjectStore } from '@cytoqueue/storage';
import type { ImportProfile } from '@cytoqueue/tabular';
import { z } from 'zod';
import { Problem } from '../http/problem';

const short = z.string().min(1).max(200);

/** A saved description of a lab's files; every member overrides a decision that is otherwise taken from the bytes. */
export const importProfile = z
  .strictObject({
    columns: z
      .record(short, short)
      .optional()
      .meta({ description: 'Canonical feature name, `id` or `label` → the name of the column in the file' }),
    header_line: z.int().min(1).max(1_000).optional().meta({ description: '1-based line of the header' }),
    delimiter: z.enum([',', ';', '\t', '|', ' ']).optional(),
    decimal: z.enum(['.', ',']).optional(),
    encoding: z.string().min(1).max(40).optional(),
    missing: z.array(short).max(100).optional().meta({ description: 'Texts that mean "not measured"' }),
    sheet: short.optional(),
  })
  .meta({ id: 'ImportProfile' });

export interface NamedProfile {
  name: string;
  /** SHA-256 of the content as JSON, in hex. */
  sha256: string;
  content: ImportProfile;
}

/** @throws Problem 422 when the tenant has no such profile */
export async function findImportProfile(
  store: ObjectStore,
  tenant: string,
  name: string | undefined,
): Promise<NamedProfile | undefined> {
  if (name === undefined) return undefined;
  const key = profileKey(tenant, name);
  const content = key === undefined ? undefined : await findDocument(store, key, importProfileShape);
  if (content !== undefined) return { name, sha256: profileDigest(content), content };
  const detail = `there is no import profile ${JSON.stringify(name)}; PUT /v1/import-profiles/{name} creates one`;
  throw new Problem('invalid-request', 'The import profile does not exist.', {
    errors: [{ field: 'profile', code: 'unknown-profile', detail }],
  });
}

/** Undefined for a name that no profile can have. */
function profileKey(tenant: string, name: string): string | undefined {
  try {
    return ObjectKeys.importProfile(tenant, name);
  } catch (error) {
    if (error instanceof InvalidKeyError) return undefined;
    throw error;
  }
}

function profileDigest(content: ImportProfile): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
