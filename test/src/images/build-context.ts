import { cpSync, existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { ROOT } from '../support/stack-process';

/** The files of the checkout that .dockerignore lets into a build. */
export class BuildContext {
  private readonly admitted: string[];
  private readonly ignored: RegExp[];

  constructor() {
    const lines = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const unknown = lines.filter((line) => !/^(\*|![\w./-]+|\*\*\/[\w.*-]+)$/.test(line));
    if (unknown.length > 0) throw new Error(`.dockerignore has lines this reader does not know: ${unknown.join(', ')}`);
    this.admitted = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    this.ignored = lines
      .filter((line) => line.startsWith('**/'))
      .map((line) => new RegExp(`^${line.slice(3).replaceAll('.', '\\.').replaceAll('*', '.*')}$`));
  }

  /** `COPY source target`: a folder's content, or a file into a folder that ends in `/`. */
  copy(source: string, target: string): void {
    const from = join(ROOT, source);
    if (!existsSync(from)) throw new Error(`the Dockerfile copies ${source}, which is not there`);
    const to = target.endsWith('/') && statSync(from).isFile() ? join(target, basename(source)) : target;
    cpSync(from, to, { recursive: true, filter: (file) => this.admits(relative(ROOT, file)) });
  }

  private admits(file: string): boolean {
    const isAdmitted = this.admitted.some(
      (path) => file === path || file.startsWith(`${path}/`) || path.startsWith(`${file}/`),
    );
    return isAdmitted && !file.split('/').some((part) => this.ignored.some((pattern) => pattern.test(part)));
  }
}
