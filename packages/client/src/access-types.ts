import type { OperatingPoint } from './types';

export type Role = 'member' | 'operator' | 'admin';

export interface Session {
  tenant: string;
  role: Role;
  /** Also the rights on what all tenants share: models and the queue board. */
  platform: boolean;
  key_id: string;
  /** null: an API key without an end was sent. */
  expires_at: string | null;
}

export interface AuditEvent {
  at: string;
  actor: { tenant: string; key_id: string };
  action: string;
  resource: string;
  outcome: 'done' | 'denied' | 'failed';
}

export interface ApiKey {
  id: string;
  role: Role;
  /** null: keys of the keys file do not say. */
  created_at: string | null;
  /** null: it has no end. */
  expires_at: string | null;
  /** UTC; null: not used, or not known yet. */
  last_used_day: string | null;
  source: 'file' | 'api';
}

export interface CreatedApiKey extends ApiKey {
  /** Shown only now; null in a repetition of the request. */
  key: string | null;
}

/** What is used where a record or upload names no model or operating point. */
export interface Settings {
  /** `name@version`; null: the champion of the default model. */
  default_model: string | null;
  operating_point: OperatingPoint;
}

export interface ApiKeyBody {
  /** One is made when left out. */
  id?: string;
  role: Role;
  expires_at?: string;
  /** The caller's own API key, which a browser session needs. */
  currentKey?: string;
}
