import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findServiceNode, serviceNode } from './service-node';

const ROOT = join(__dirname, '../../..');
const NAME = `node-24.1.2-${process.platform}-${process.arch}/bin/node`;
const LIST = `aa  node-24.1.2-os-cpu/bin/node\nbb  ${NAME}\n`;

describe('findServiceNode', () => {
  let root: string;
  let installed: string;
  const list = () => join(root, 'scripts/service-node.sha256');

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'service-node-'));
    installed = join(root, '.cytoqueue', NAME);
    mkdirSync(dirname(list()));
    mkdirSync(dirname(installed), { recursive: true });
    writeFileSync(list(), LIST);
  });

  afterEach(() => rmSync(root, { recursive: true }));

  it('is the installed one where this one is older', () => {
    writeFileSync(installed, '');
    expect(findServiceNode(root, '20.19.0')).toBe(installed);
    expect(findServiceNode(root, '22.1.0')).toBe(installed);
  });

  it('is this one where that is as recent, nothing is installed, or none is for this system', () => {
    expect(findServiceNode(root, '20.19.0')).toBe(process.execPath);
    writeFileSync(installed, '');
    expect(findServiceNode(root, '24.0.0')).toBe(process.execPath);
    expect(findServiceNode(root, '26.0.0')).toBe(process.execPath);
    writeFileSync(list(), 'aa  node-24.1.2-os-cpu/bin/node\n');
    expect(findServiceNode(root, '20.19.0')).toBe(process.execPath);
    rmSync(list());
    expect(findServiceNode(root, '20.19.0')).toBe(process.execPath);
  });
});

it('takes the program that SERVICE_NODE names, and says so when there is none', () => {
  expect(serviceNode(process.execPath)).toBe(process.execPath);
  expect(serviceNode(undefined)).toBe(findServiceNode(ROOT));
  expect(() => serviceNode('/none/node')).toThrow('SERVICE_NODE: there is no program /none/node');
});

it('has the major version of the images', () => {
  const majors = readFileSync(join(ROOT, 'scripts/service-node.sha256'), 'utf8').match(/(?<= node-)\d+/g);
  const images = ['api', 'worker'].map(
    (service) => /node:(\d+)/.exec(readFileSync(join(ROOT, 'services', service, 'Dockerfile'), 'utf8'))?.[1],
  );
  expect(new Set(majors)).toEqual(new Set(images));
});
