import { readFileSync } from 'node:fs';

export interface Instruction {
  readonly keyword: string;
  readonly text: string;
}

export interface Stage {
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

/** Configuration with which a container of the image starts. */
export interface ImageConfiguration {
  readonly environment: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly healthcheck: readonly string[];
  readonly user: string;
}

/** The stages of a Dockerfile in order; the last one is the image. */
export function readStages(file: string): Stage[] {
  const stages: { name: string; instructions: Instruction[] }[] = [];
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll('\\\n', ' ');
  for (const line of lines.split('\n').filter((text) => text.trim() !== '')) {
    const [, keyword = '', text = ''] = /^(\w+) +(.*)$/.exec(line.trim()) ?? [];
    if (keyword === 'FROM') stages.push({ name: / AS (\S+)$/.exec(text)?.[1] ?? 'image', instructions: [] });
    else if (keyword !== 'ARG' || stages.length > 0) stages.at(-1)?.instructions.push({ keyword, text });
  }
  return stages;
}

export function configurationOf({ instructions }: Stage): ImageConfiguration {
  const textsOf = (keyword: string) =>
    instructions.filter((instruction) => instruction.keyword === keyword).map(({ text }) => text);
  const command = (text: string | undefined) => JSON.parse(/\[.*\]$/.exec(text ?? '')?.[0] ?? '[]') as string[];
  const assignments = textsOf('ENV').flatMap((text) =>
    [...text.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value]),
  );
  return {
    environment: Object.fromEntries(assignments) as Record<string, string>,
    entrypoint: command(textsOf('ENTRYPOINT').at(-1)),
    healthcheck: command(textsOf('HEALTHCHECK').at(-1)),
    user: textsOf('USER').at(-1) ?? 'root',
  };
}
