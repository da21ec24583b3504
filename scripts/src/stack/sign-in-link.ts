import type { Ready } from './ready-file';

const DEADLINE_MS = 5_000;

/**
 * One-time sign-in address, below PUBLIC_URL if set; undefined without a local key or when the API does not respond.
 */
export async function createSignInLink({ url, api_key: key }: Ready, publicUrl = url): Promise<string | undefined> {
  if (key === null) return undefined;
  try {
    const headers = { authorization: `Bearer ${key}` };
    const response = await fetch(`${url}/v1/session/tokens`, {
      method: 'POST',
      headers,
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const { token } = (await response.json()) as { token?: string };
    return token === undefined ? undefined : `${publicUrl}/sign-in#token=${token}`;
  } catch {
    return undefined;
  }
}
