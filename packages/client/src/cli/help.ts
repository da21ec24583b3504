import type { Command } from './command-context';
import { EXIT_HELP } from './exit-status';
import { GENERAL, OPTIONS, type OptionName } from './options';

type Commands = Readonly<Record<string, Command>>;

export function formatHelp(commands: Commands): string {
  const lines = twoColumns(
    Object.entries(commands).map(([name, { operands, description }]) => [`${name} ${operands}`, description]),
  );
  return `cytoqueue COMMAND: send cytology records to Cytoqueue and get the results

${lines}

cytoqueue COMMAND --help describes the options of a command. All commands take

${optionLines(GENERAL)}

URL and key come from the options, else from CYTOQUEUE_URL and CYTOQUEUE_API_KEY or CYTOQUEUE_API_KEY_FILE, else
from the stack that npm start runs in this folder, else from cytoqueue login.

${EXIT_HELP}`;
}

export function formatCommandHelp(name: string, { operands, description, details, options }: Command): string {
  return `cytoqueue ${`${name} ${operands}`.trim()}: ${description}
${details === undefined ? '' : `\n${details}\n`}
${optionLines([...options, ...GENERAL])}

${EXIT_HELP}`;
}

function optionLines(names: readonly OptionName[]): string {
  return twoColumns(names.map((name) => [formatOption(name), OPTIONS[name].help]));
}

/** The first column is as wide as its longest entry. */
function twoColumns(lines: readonly (readonly [first: string, second: string])[]): string {
  const width = Math.max(...lines.map(([first]) => first.length)) + 2;
  return lines.map(([first, second]) => `  ${first.padEnd(width)}${second}`).join('\n');
}

function formatOption(name: OptionName): string {
  const { value, short } = OPTIONS[name] as { value?: string; short?: string };
  return `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
}

const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export function isShell(name: string): name is Shell {
  return (SHELLS as readonly string[]).includes(name);
}

/** A script that completes commands, options and file names. */
export function completionScript(shell: Shell, commands: Commands): string {
  const entries = Object.entries(commands);
  const words = (options: readonly OptionName[]) => options.map((name) => `--${name}`).join(' ');
  if (shell === 'fish') {
    const lines = entries.flatMap(([name, { description, options }]) => [
      `complete -c cytoqueue -n __fish_use_subcommand -f -a ${name} -d '${description.replaceAll("'", "\\'")}'`,
      ...[...options, ...GENERAL].map(
        (option) =>
          `complete -c cytoqueue -n '__fish_seen_subcommand_from ${name}' -l ${option} -d '${OPTIONS[option].help.replaceAll("'", "\\'")}'`,
      ),
    ]);
    return lines.join('\n');
  }
  const cases = entries.map(([name, { options }]) => `    ${name}) words="${words([...options, ...GENERAL])}" ;;`);
  const bash = `_cytoqueue() {
  local words current="\${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${entries.map(([name]) => name).join(' ')}" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    *) COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
}
complete -o filenames -F _cytoqueue cytoqueue`;
  return shell === 'bash' ? bash : `autoload -U +X bashcompinit && bashcompinit\n${bash}`;
}
