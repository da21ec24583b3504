/**
 * Other spellings of a path, which some servers, proxies and routers treat as the same path. None is the exact path.
 */
export function spellingsOf(path: string): string[] {
  const last = path.lastIndexOf('/') + 1;
  const [folder, name] = [path.slice(0, last), path.slice(last)];
  const encodeFirst = (text: string) => `%${text.charCodeAt(0).toString(16).padStart(2, '0')}${text.slice(1)}`;
  const spellings = [
    `${path}/`,
    `${path}//`,
    `/${path}`,
    path.replaceAll('/', '//'),
    `${folder}/${name}`,
    `/.${path}`,
    `${folder}./${name}`,
    `${folder}x/../${name}`,
    `${path}/.`,
    `${path}/x/..`,
    `/%2e${path}`,
    `${folder}x/%2E%2e/${name}`,
    `${path}%00`,
    `${path}%20`,
    `${path}%0a`,
    `${path}%2f`,
    `${path}/%2e`,
    `${path};x`,
    `${path};`,
    `${path}%3bx`,
    `${path}#x`,
    path.replaceAll('/', '%2f'),
    `/${path.slice(1).replaceAll('/', '%2F')}`,
    path.replaceAll('/', '\\'),
    `/\\${path.slice(1)}`,
    `${path}\\`,
    path.slice(1),
    `http://127.0.0.1${path}`,
    `//127.0.0.1${path}`,
    path.toUpperCase(),
    path.replace(/[a-z]/, (letter) => letter.toUpperCase()),
    `${folder}${name.toUpperCase()}`,
    name === '' ? '/%2e' : `${folder}${encodeFirst(name)}`,
    `${path}.`,
    `${path}.html`,
    `${path}%252f`,
  ];
  return [...new Set(spellings)].filter((spelling) => spelling !== path && spelling !== '');
}
