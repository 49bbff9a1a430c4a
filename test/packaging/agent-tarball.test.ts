import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toBytes } from '../../model/onnx/build.ts';
import { makeImageFolder } from '../fixtures/images.ts';
import { Network } from '../model/onnx/network-fixture.ts';

/** What an operator with a closed network does: one file, one command, and no registry that answers. */
let root: string;
let tarball: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'graft-tarball-'));
  const pack = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/pack-agent.ts', '--out', root], {
    encoding: 'utf8',
  });
  expect(pack.stderr).toBe('');
  tarball = join(root, readdirSync(root).find((name) => name.endsWith('.tgz'))!);
  const install = spawnSync(
    'npm',
    ['install', '--global', '--offline', '--ignore-scripts', '--prefix', join(root, 'prefix'), tarball],
    { encoding: 'utf8', env: { ...process.env, npm_config_cache: join(root, 'cache') } },
  );
  expect(install.stderr).toBe('');
  await makeImageFolder(join(root, 'images'), { labels: ['apple', 'pear'], perLabel: 6 });
}, 600_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const installed = () => join(root, 'prefix', 'lib', 'node_modules', 'graft');

function graft(...words: string[]) {
  const run = spawnSync(join(root, 'prefix', 'bin', 'graft'), words, {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: root, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
  });
  const last = words.includes('--json') ? JSON.parse(run.stdout.trim().split('\n').at(-1)!) : undefined;
  return { ...run, last };
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe('the tarball of the agent', () => {
  it('is small, and has neither the stack in AWS nor what only development needs', () => {
    expect(statSync(tarball).size).toBeLessThan(150e6);
    expect(filesIn(installed()).reduce((sum, file) => sum + statSync(file).size, 0)).toBeLessThan(150e6);
    const page = filesIn(join(installed(), 'dist', 'console')).map((file) => basename(file));
    expect(page.sort()).toEqual(['index.html', 'page.css', 'page.js']);
    expect(readFileSync(join(installed(), 'THIRD-PARTY-LICENSES.txt'), 'utf8')).toMatch(/^preact \d/m);
    for (const other of [
      'functions',
      'infrastructure',
      'statemachines',
      'packages',
      'serverless.yml',
      'test',
    ]) {
      expect(readdirSync(installed())).not.toContain(other);
    }
    for (const name of ['local-aws', 'serverless', 'typescript', 'tsx', 'vitest', 'esbuild']) {
      expect(readdirSync(join(installed(), 'node_modules'))).not.toContain(name);
    }
    const text = readFileSync(join(installed(), 'THIRD-PARTY-LICENSES.txt'), 'utf8');
    expect(text).toMatch(/^zod 4\.\d+\.\d+ \(MIT\)$/m);
  });

  it('brings the manual page and completions of every command', () => {
    expect(readdirSync(join(root, 'prefix', 'share', 'man', 'man1'))).toContain('graft.1');
    expect(readFileSync(join(installed(), 'completions', '_graft'), 'utf8')).toMatch(/^#compdef graft\n/);
    const page = join(installed(), 'man', 'graft.1');
    const shown = spawnSync('man', ['--warnings', '-l', page], {
      encoding: 'utf8',
      env: { ...process.env, MANWIDTH: '100', MAN_KEEP_FORMATTING: '' },
    });
    if (shown.error === undefined) {
      expect(shown.stderr).toBe('');
      expect(shown.stdout).toContain('graft data push');
      expect(shown.stdout).toContain('GRAFT_BATCH_SIZE');
    }
    expect(readFileSync(page, 'utf8')).toContain('.SS "graft data push"');
  });

  it('installs a program that starts, checks the machine and explains itself', () => {
    expect(graft('--version', '--json').last.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(graft('help', 'keys').stdout).toContain('SIGNING KEYS');
    const { findings } = graft('doctor', '--offline', '--json').last as {
      findings: { check: string; status: string; message: string }[];
    };
    expect(findings.find(({ check }) => check === 'backend')).toMatchObject({
      status: expect.stringMatching(/ok|warning/),
      message: expect.stringMatching(/^wasm 4\./),
    });
  });

  it('asks AWS, with clients that it loads when they are needed', () => {
    const where = ['--region', 'eu-central-1', '--endpoint-url', 'http://127.0.0.1:1'];

    expect(graft('approvals', '--stack', 'graft-dev', ...where, '--json').last.message).toMatch(
      /^Cannot look up stack graft-dev: the endpoint cannot be reached/,
    );
  });

  it('trains, imports, signs and predicts', () => {
    const key = graft('keygen', '--json');
    expect(key).toMatchObject({ status: 0, stderr: '' });
    const words = [
      '--out',
      'trained',
      '--epochs',
      '2',
      '--batch-size',
      '4',
      '--key',
      key.last.file,
      '--json',
    ];
    expect(graft('train', 'images', ...words)).toMatchObject({ status: 0, last: { signed: true } });
    const image = join('images', 'apple', readdirSync(join(root, 'images', 'apple'))[0]!);
    expect(graft('predict', image, '--model', 'trained', '--json').last.predictions).toHaveLength(2);

    const net = new Network();
    const flat = net.op('Flatten', [net.op('GlobalAveragePool', [net.stem()])]);
    writeFileSync(
      join(root, 'net.onnx'),
      toBytes(net.model(net.op('Gemm', [flat, net.weights(8, 3), net.weights(3)]))),
    );
    const imported = graft(
      'import',
      'net.onnx',
      '--out',
      'imported',
      '--name',
      'photos',
      '--preset',
      'unit',
      '--json',
    );
    expect(imported).toMatchObject({ status: 0, last: { model: 'photos' } });
  }, 300_000);
});
