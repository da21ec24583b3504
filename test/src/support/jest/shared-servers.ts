const VARIABLE = 'SHARED_SERVERS_URL';

/** Servers that all test files of a jest run share. */
export type SharedServer = 'moto' | 'chromium';

/** Lets test files find the process that starts them; jest's workers inherit the variable. */
export function announceSharedServers(url: string): void {
  process.env[VARIABLE] = url;
}

/** Address of a shared server, which is started on the first request. */
export async function askSharedServer(name: SharedServer): Promise<string> {
  const url = process.env[VARIABLE];
  if (url === undefined) throw new Error(`no ${name}: jest's global set-up has not run`);
  const response = await fetch(`${url}/${name}`);
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text;
}
