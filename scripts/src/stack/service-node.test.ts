import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findServiceNode } from './service-node';

describe('findServiceNode', () => {
  let root: string;
  let installed: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'service-node-'));
    installed = join(root, '.cytoqueue/bin/node-24.1.2');
    writeFileSync(join(root, '.node-version'), '24.1.2\n');
    mkdirSync(join(root, '.cytoqueue/bin'), { recursive: true });
  });

  afterEach(() => rmSync(root, { recursive: true }));

  it('is the installed one where this one is older than that of the images', () => {
    writeFileSync(installed, '');
    expect(findServiceNode(root, '20.19.0')).toBe(installed);
    expect(findServiceNode(root, '22.1.0')).toBe(installed);
  });

  it('is this one where that is as recent, or nothing is installed', () => {
    expect(findServiceNode(root, '20.19.0')).toBe(process.execPath);
    writeFileSync(installed, '');
    expect(findServiceNode(root, '24.0.0')).toBe(process.execPath);
    expect(findServiceNode(root, '26.0.0')).toBe(process.execPath);
  });
});
