import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CommandDefaults, parseOptions } from '../../src/command/options.ts';

const defaults: CommandDefaults = { command: 'npx local-aws', state: 'state', stack: 'shop' };
const parse = (...args: string[]) => parseOptions(args, {}, defaults);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'local-aws-options-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function containerFile(content: unknown): string {
  const path = join(folder, 'container.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('the options of the program', () => {
  it('start without a stack where neither they nor the defaults name a template', () => {
    expect(parse()).not.toHaveProperty('template');
    expect(parse('--template', 'a.yml')).toMatchObject({ template: resolve('a.yml') });
    const preset = { ...defaults, template: 'b.yml' };
    expect(parseOptions([], {}, preset)).toMatchObject({ template: resolve('b.yml') });
    expect(parseOptions(['--empty'], {}, preset)).not.toHaveProperty('template');
  });

  it('take several parameters, whose values may have equals signs', () => {
    expect(parse('--parameter', 'One=1', '--parameter', 'Two=a=b').parameters).toEqual({
      One: '1',
      Two: 'a=b',
    });
    expect(() => parse('--parameter', 'One')).toThrow('--parameter must be a name and a value, not "One"');
  });

  it('read the programs of a container, with paths from their file', () => {
    const path = containerFile({ train: ['node', './train.mjs', '--fast'], concurrentJobs: 3 });

    expect(parse('--container', path).container).toEqual({
      train: ['node', join(folder, 'train.mjs'), '--fast'],
      concurrentJobs: 3,
    });
  });

  it.each([
    ['{', /cannot be read/],
    [{ train: [] }, /train/],
    [{ concurrentJobs: 0, warmContainers: 0.5 }, /concurrentJobs.*warmContainers/],
    [{ variables: { root: 'not a name' } }, /variables\.root/],
    [{ programs: [] }, /programs/],
  ])('refuse the container file %j', (content, message) => {
    expect(() => parse('--container', containerFile(content))).toThrow(message);
  });
});
