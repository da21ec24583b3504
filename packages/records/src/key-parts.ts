import { InvalidKeyError } from '@cytoqueue/storage';

const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;
const MAX_NAME_LENGTH = 100; // name@version in a shard's file name stays below the 255 bytes of a file name
const MAX_NUMBER = 99_999;

export function isName(value: string): boolean {
  return value.length <= MAX_NAME_LENGTH && NAME.test(value) && !value.includes('..');
}

/** @throws InvalidKeyError; the value itself is not repeated, it may come from a URL. */
export function checkName(value: string, what: string): string {
  if (!isName(value)) {
    throw new InvalidKeyError(`the ${what} holds characters that no object key may have, or too many`);
  }
  return value;
}

export function checkDigest(sha256Hex: string): string {
  if (!/^[0-9a-f]{64}$/.test(sha256Hex)) throw new InvalidKeyError('the idempotency digest is not a hex SHA-256');
  return sha256Hex;
}

/** Five digits, so that keys sort as their numbers do. */
export function sortableNumber(value: number, min: number, what: string): string {
  if (!Number.isInteger(value) || value < min || value > MAX_NUMBER) {
    throw new InvalidKeyError(`the ${what} is not an integer from ${min} to ${MAX_NUMBER}`);
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

export function checkModel(model: string): string {
  const [name = '', version = '', ...rest] = model.split('@');
  if (rest.length > 0) throw new InvalidKeyError('the model is not written as name@version');
  return `${checkName(name, 'model name')}@${checkName(version, 'model version')}`;
}
