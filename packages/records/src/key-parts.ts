import { InvalidKeyError } from '@cytoqueue/storage';

const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;
const MAX_NAME_LENGTH = 100; // keeps a shard's file name with name@version below 255 bytes
const MAX_NUMBER = 99_999;

export function isName(value: string): boolean {
  return value.length <= MAX_NAME_LENGTH && NAME.test(value) && !value.includes('..');
}

/** @throws InvalidKeyError without the value, which may come from a URL */
export function checkName(value: string, part: string): string {
  if (!isName(value)) {
    throw new InvalidKeyError(`the ${part} is too long or has characters that are not allowed in object keys`);
  }
  return value;
}

export function checkDigest(sha256Hex: string): string {
  if (!/^[0-9a-f]{64}$/.test(sha256Hex)) throw new InvalidKeyError('the idempotency digest is not a hex SHA-256');
  return sha256Hex;
}

/** Formats a number with five digits, so that keys sort by number. */
export function sortableNumber(value: number, min: number, part: string): string {
  if (!Number.isInteger(value) || value < min || value > MAX_NUMBER) {
    throw new InvalidKeyError(`the ${part} is not an integer from ${min} to ${MAX_NUMBER}`);
  }
  return String(value).padStart(5, '0');
}

/** Nine digits: a row of a batch. */
export function sortableRow(row: number): string {
  if (!Number.isInteger(row) || row < 1 || row > 999_999_999)
    throw new InvalidKeyError('the row is not an integer from 1 on');
  return String(row).padStart(9, '0');
}

export function tenantPrefix(tenant: string): string {
  return `tenants/${checkName(tenant, 'tenant')}/`;
}

/** Begins the name of a tenant's own model. */
export const OWN_PREFIX = 'own/';
/** Stands for the prefix within a key; names of shared models have no dot. */
const OWN_IN_KEYS = 'own.';

/** @returns the model as part of a key */
export function checkModel(model: string): string {
  const inKeys = model.startsWith(OWN_PREFIX) ? OWN_IN_KEYS + model.slice(OWN_PREFIX.length) : model;
  const [name = '', version = '', ...rest] = inKeys.split('@');
  if (rest.length > 0) throw new InvalidKeyError('the model must be name@version');
  return `${checkName(name, 'model name')}@${checkName(version, 'model version')}`;
}

/** Undoes `checkModel`. */
export function modelOfKeyPart(part: string): string {
  return part.startsWith(OWN_IN_KEYS) ? OWN_PREFIX + part.slice(OWN_IN_KEYS.length) : part;
}
