import { join } from 'node:path';
import { type ApiKeys, type Role, createApiKey, saveApiKeys } from '@cytoqueue/runtime';

const ROLES: readonly Role[] = ['member', 'operator', 'admin'];

/** Tenants of a test with a key for each role, and their keys file. */
export class Tenants {
  private readonly keys = new Map<string, { key: string; sha256: string }>();
  private revoked: string[] = [];

  private constructor(
    readonly file: string,
    private readonly names: readonly string[],
  ) {}

  static async create(dir: string, names: readonly string[]): Promise<Tenants> {
    const tenants = new Tenants(join(dir, 'keys.json'), names);
    for (const name of names) for (const role of ROLES) tenants.keys.set(`${name}/${role}`, createApiKey());
    await tenants.save();
    return tenants;
  }

  key(tenant: string, role: Role = 'member'): string {
    return this.keys.get(`${tenant}/${role}`)?.key ?? '';
  }

  /** Removes a key from the file. */
  async revoke(tenant: string, role: Role): Promise<void> {
    this.revoked.push(`${tenant}/${role}`);
    await this.save();
  }

  private async save(): Promise<void> {
    const keysOf = (tenant: string) =>
      ROLES.filter((role) => !this.revoked.includes(`${tenant}/${role}`)).map((role) => ({
        id: role,
        role,
        sha256: this.keys.get(`${tenant}/${role}`)?.sha256 ?? '',
      }));
    const file: ApiKeys = { tenants: this.names.map((id) => ({ id, keys: keysOf(id) })) };
    await saveApiKeys(this.file, file);
  }
}
