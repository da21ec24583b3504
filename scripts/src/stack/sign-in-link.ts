import type { Ready } from './ready-file';

const DEADLINE_MS = 5_000;

/** An address that signs a browser in, once, under the public address if there is one; undefined when there is no local key to make it with, or no answer. */
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
