import { createHash } from 'node:crypto';
import { validateModelFile } from './validate';
import { type ModelFile, ModelFileError } from './model-file';

const MAGIC = '{"format":"cytoqueue-model","format_version":';
const VERSION_AND_DIGEST = /^[123],"digest":"(sha256:[0-9a-f]{64})",\n$/;
const FIRST_LINE_BYTES = MAGIC.length + `1,"digest":"sha256:${'0'.repeat(64)}",\n`.length;

const BODY_KEYS = [
  'name', 'version', 'schema', 'labels', 'features', 'metric', 'rule', 'k', 'scaling', 'calibration', 'alarm',
  'operating_points', 'evaluation', 'limits_of_use', 'training', 'conformal', 'novelty', 'drift',
] as const satisfies (keyof ModelFile)[]; // prettier-ignore

/**
 * The canonical bytes of a model: magic, version and digest in the first line, then one line per field.
 * @throws ModelFileError `malformed` when the fields are not consistent
 */
export function serializeModel(file: Omit<ModelFile, 'digest'>): Uint8Array {
  const lines = BODY_KEYS.filter((key) => file[key] !== undefined).map(
    (key) => `${JSON.stringify(key)}:${JSON.stringify(file[key])}`,
  );
  const body = Buffer.from(`${lines.join(',\n')}\n}\n`);
  const firstLine = `${MAGIC}${file.format_version},"digest":"${digestOf(body)}",\n`;
  const bytes = Buffer.concat([Buffer.from(firstLine), body]);
  readModelFile(bytes);
  return new Uint8Array(bytes);
}

/**
 * Checks magic, version, digest and fields, in this order, before anything uses the content.
 * @throws ModelFileError
 */
export function readModelFile(bytes: Uint8Array): ModelFile {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const firstLine = buffer.toString('latin1', 0, FIRST_LINE_BYTES);
  if (!firstLine.startsWith(MAGIC))
    throw new ModelFileError('not-a-model', 'the file does not start with the magic bytes of a model');
  const digest = VERSION_AND_DIGEST.exec(firstLine.slice(MAGIC.length))?.[1];
  if (digest === undefined)
    throw new ModelFileError('unsupported-version', 'the first line is not that of format version 1 to 3');
  const body = buffer.subarray(FIRST_LINE_BYTES);
  if (digestOf(body) !== digest) throw new ModelFileError('digest-mismatch', 'the content does not match the digest');
  return assertValid(parseJson(buffer));
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function parseJson(buffer: Buffer): unknown {
  try {
    return JSON.parse(buffer.toString('utf8'));
  } catch {
    throw new ModelFileError('malformed', 'the body is not JSON');
  }
}

function assertValid(file: unknown): ModelFile {
  const invalidField = validateModelFile(file);
  if (invalidField !== undefined) throw new ModelFileError('malformed', invalidField);
  return file as ModelFile;
}
