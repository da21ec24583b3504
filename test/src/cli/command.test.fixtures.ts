import { Writable } from 'node:stream';
import { runCli } from '../../../packages/client/src/cli/run-cli';
import { type Environment, inheritedEnvironment } from '../support/stack-process';

/**
 * Runs the `cytoqueue` command in this process, because starting Node.js takes longer than most commands. Signals, pipes and standard
 * input need the program itself.
 */
export async function runCommand(
  environment: Environment,
  ...args: string[]
): Promise<{ status: number; out: string; error: string }> {
  const written = { out: '', error: '' };
  const collect = (name: keyof typeof written): Writable =>
    new Writable({
      decodeStrings: false,
      write(text, _encoding, done) {
        written[name] += String(text);
        done();
      },
    });
  const streams = { stdout: collect('out'), stderr: collect('error') };
  const status = await runCli(args, { ...inheritedEnvironment(), ...environment }, streams);
  return { status, ...written };
}
