import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../../../scripts/fingerprint.ts';
import { parseDockerfile, readDockerfile } from '../../../scripts/image/dockerfile.ts';

describe('what is read from a Dockerfile', () => {
  it('is its base and what it copies from the repository, not from other stages', () => {
    const text = [
      'ARG BASE=node:24.1.0-bookworm-slim@sha256:00',
      '# COPY commented out ./',
      'FROM node AS first',
      'COPY --chown=1:1 a.json \\',
      '  b.json ./',
      'copy folder ./folder',
      'FROM node',
      'COPY --from=first /opt/x ./x',
      'COPY .build/*.mjs ./',
    ].join('\n');

    expect(parseDockerfile(text)).toEqual({
      base: 'node:24.1.0-bookworm-slim@sha256:00',
      sources: ['a.json', 'b.json', 'folder', '.build/*.mjs'],
    });
  });

  it.each([
    ['ADD a.json ./', /COPY, not ADD/],
    ['COPY ["a b.json", "./"]', /plain words/],
  ])('is refused where something would be missed: %s', (line, message) => {
    expect(() => parseDockerfile(`ARG BASE=x\n${line}`)).toThrow(message);
  });
});

describe('our Dockerfile', () => {
  it('starts every stage from the base, which it names by its digest', async () => {
    const text = await readFile(join(repository, 'container/Dockerfile'), 'utf8');
    const { base } = await readDockerfile();
    const stages = [...text.matchAll(/^FROM (\S+)(?: AS (\S+))?$/gm)];
    const names = stages.map(([, , name]) => name);

    expect(base).toMatch(/^node:24\.\d+\.\d+-bookworm-slim@sha256:[0-9a-f]{64}$/);
    const variables = ['BASE'].map((name) => `$\{${name}}`);
    for (const [, from] of stages) expect([...variables, ...names]).toContain(from);
  });

  it('lets through to the builder what it copies, and nothing else', async () => {
    const { sources } = await readDockerfile();
    const ignore = await readFile(join(repository, 'container/Dockerfile.dockerignore'), 'utf8');
    const rules = ignore.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const [everything, ...exceptions] = rules;
    const allowed = exceptions.map((rule) => rule.replace(/^!/, ''));

    expect(everything).toBe('*');
    const isAllowed = (source: string) =>
      allowed.some((rule) => source === rule || source.startsWith(`${rule}/`));
    expect(sources.filter((source) => !isAllowed(source))).toEqual([]);
    const isCopied = (rule: string) =>
      sources.some((source) => source === rule || source.startsWith(`${rule}/`));
    expect(allowed.filter((rule) => !isCopied(rule))).toEqual([]);
  });

  it('installs packages before it copies anything that changes with our code', async () => {
    const text = await readFile(join(repository, 'container/Dockerfile'), 'utf8');
    const before = text.slice(0, text.indexOf('RUN npm ci'));

    expect(parseDockerfile(before).sources).toEqual([
      '.build/image/package.json',
      '.build/image/package-lock.json',
      '.npmrc',
    ]);
  });
});
