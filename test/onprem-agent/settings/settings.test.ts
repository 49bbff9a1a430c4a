import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { commands } from '../../../onprem-agent/commands/index.ts';
import { parseConfig } from '../../../onprem-agent/settings/config-file.ts';
import { resolveSettings, variableOf } from '../../../onprem-agent/settings/resolve.ts';
import { graft } from '../cli.ts';

const names = new Set(Object.keys(commands));
const trainArgs = (await commands.train!.load()).args;
const resolved = (text: string, given: Partial<Parameters<typeof resolveSettings>[0]> = {}) =>
  resolveSettings({
    command: 'train',
    args: trainArgs,
    typed: {},
    environment: {},
    entries: parseConfig(text, '/project/graft.yml', names),
    ...given,
  });

describe('the value of an option', () => {
  const file = 'epochs: 5\ntrain:\n  epochs: 6\n';

  it('is what was typed, else the variable’s, else the file’s, else the default', () => {
    const environment = { GRAFT_EPOCHS: '7' };
    expect(resolved(file, { typed: { epochs: '8' }, environment }).get('epochs')).toEqual({
      value: '8',
      level: 'flag',
      source: '--epochs',
    });
    expect(resolved(file, { environment }).get('epochs')).toMatchObject({
      value: '7',
      source: 'GRAFT_EPOCHS',
    });
    expect(resolved(file).get('epochs')).toEqual({
      value: '6',
      level: 'file',
      source: '/project/graft.yml line 3',
    });
    expect(resolved('epochs: 5').get('epochs')).toMatchObject({
      value: '5',
      source: '/project/graft.yml line 1',
    });
    expect(resolved('').get('seed')).toEqual({ value: '1', level: 'default', source: 'default' });
    expect(resolved('').get('epochs')).toBeUndefined();
    // An empty variable is one that is not set.
    expect(resolved(file, { environment: { GRAFT_EPOCHS: '' } }).get('epochs')).toMatchObject({ value: '6' });
  });

  it('is a path relative to the file that names it, as it is written, and a list joined with commas', () => {
    const settings = resolved('key: keys/own.pem\nsize: 0x20\ntrain:\n  model: [a, 1.10]\n');
    expect(settings.get('key')).toMatchObject({ value: '/project/keys/own.pem' });
    expect(settings.get('size')).toMatchObject({ value: '0x20' });
    expect(settings.get('model')).toMatchObject({ value: 'a,1.10' });
    const home = resolved('key: ~/own.pem', { environment: { HOME: '/home/ada' } });
    expect(home.get('key')).toMatchObject({ value: '/home/ada/own.pem' });
  });

  it('hides that of an option which it replaces and which was said less directly', async () => {
    const args = (await commands.predict!.load()).args;
    const given = { command: 'predict', args, typed: { model: 'folder' } };
    const settings = resolved('domain: produce', given);
    expect(settings.get('model')).toMatchObject({ value: 'folder' });
    expect(settings.has('domain')).toBe(false);
  });

  it('of a switch is true or false', async () => {
    const doctor = { command: 'doctor', args: (await commands.doctor!.load()).args };
    for (const [text, value] of [
      ['yes', true],
      ['0', false],
    ] as const) {
      const settings = resolved('', { ...doctor, environment: { GRAFT_OFFLINE: text } });
      expect(settings.get('offline')).toMatchObject({ value });
    }
    expect(() => resolved('', { ...doctor, environment: { GRAFT_OFFLINE: 'maybe' } })).toThrow(
      'GRAFT_OFFLINE is "maybe": expected true or false',
    );
    expect(() => resolved('speed: "yes"', doctor)).toThrow(
      '/project/graft.yml line 1: speed is "yes": expected true or false',
    );
  });

  it('has one variable for each option that means the same everywhere', () => {
    expect(variableOf('passphrase-file')).toBe('GRAFT_PASSPHRASE_FILE');
    expect(variableOf('force')).toBeUndefined();
    expect(variableOf('bucket')).toBeUndefined();
  });
});

describe('graft.yml', () => {
  let root: string;
  let file: string;
  let home: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'graft-settings-'));
    home = join(root, 'home');
    mkdirSync(join(home, '.config', 'graft'), { recursive: true });
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  beforeEach(() => {
    file = join(root, 'graft.yml');
  });
  const run = (words: string[], environment: NodeJS.ProcessEnv = {}) =>
    graft([...words, '--json'], { environment: { HOME: home, GRAFT_CONFIG: file, ...environment } });

  it.each([
    ['stack: [', /graft\.yml line 1 is not YAML/],
    ['- a\n- b', /line 1: expected lines of the form/],
    ['\n\nstakc: x', /line 3: no command has an option "stakc"/],
    ['trian:\n  epochs: 3', /line 1: there is no command "trian"/],
    ['keygen:\n  out: a\n  fast: true', /line 3: `graft keygen` has no option "fast"/],
    ['force: true', /line 1: force is decided anew in each run: type --force/],
    ['bucket: models', /line 1: bucket means something else in each command/],
    ['stack: {a: 1}', /line 1: there is no command "stack"/],
    ['stack: null', /line 1: stack needs a text, a number, true or false/],
    ['keygen:\n  out: true', /line 2: out is true: expected FILE/],
    ['? [a]\n: b', /the name of an option or of a command is expected/],
  ])('%j is refused by its line, and nothing is done', async (text, message) => {
    writeFileSync(file, text);
    const { code, last } = await run(['keygen']);

    expect(last).toMatchObject({ event: 'error', message: expect.stringMatching(message) });
    expect(code).toBe(1);
  });

  it('that is named has to be there', async () => {
    file = join(root, 'nowhere.yml');
    expect((await run(['keygen'])).last.message).toMatch(/"[^"]*nowhere\.yml" cannot be read/);
  });

  it('lets a command run as if its lines had been typed', async () => {
    writeFileSync(file, 'keygen:\n  out: keys/own.pem\n  json: true\n');
    const made = await graft(['keygen'], { environment: { HOME: home, GRAFT_CONFIG: file } });

    expect(made.code).toBe(0);
    expect(made.last.file).toBe(join(root, 'keys', 'own.pem'));
  });

  it('and variables are named where a command refuses their values', async () => {
    writeFileSync(file, 'train:\n  out: x\n  epochs: many\n');
    expect((await run(['train', 'images'])).last.message).toMatch(
      /^--epochs is "many": expected a whole number.* \(from .*graft\.yml line 3\)$/,
    );
    const wrong = await run(['train', 'images'], { GRAFT_EPOCHS: '-1' });
    expect(wrong).toMatchObject({ code: 2, last: { message: expect.stringMatching(/from GRAFT_EPOCHS/) } });
    const backend = await run(['train', 'images'], { GRAFT_BACKEND: 'abacus' });
    expect(backend.last.message).toMatch(/^GRAFT_BACKEND is "abacus": expected one of tensorflow-gpu/);
  });

  it('is read from the configuration folder too; a switch is put off with --no', async () => {
    writeFileSync(join(home, '.config', 'graft', 'graft.yml'), 'json: true\nkeygen:\n  out: key.pem\n');
    const environment = { HOME: home };
    const own = await graft(['keygen'], { environment });
    expect(own.last.file).toBe(join(home, '.config', 'graft', 'key.pem'));
    const off = await graft(['keygen', '--no-json', '--force'], { environment });
    expect(off.stdout).toMatch(/^MCowBQYDK2Vw/);
  });
});

describe('graft config', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'graft-config-'));
    writeFileSync(
      join(root, 'graft.yml'),
      'stack: graft-prod\napi-key: abc123\ntrain:\n  epochs: 6\ndata push:\n  domain: produce\n',
    );
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const environment = (more: NodeJS.ProcessEnv = {}) => ({
    HOME: root,
    GRAFT_CONFIG: join(root, 'graft.yml'),
    AWS_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL: 'https://ada:secret@proxy.example/x',
    ...more,
  });

  it('shows every value, where it comes from, and no secret', async () => {
    const { code, stdout, last } = await graft(['config', '--json'], {
      environment: environment({ GRAFT_KEY: 'own.pem' }),
    });

    expect(code).toBe(0);
    const row = (option: string, command: string) =>
      (last.settings as { option: string; commands: string[] }[]).find(
        (each) => each.option === option && each.commands.includes(command),
      );
    expect(row('stack', 'push')).toMatchObject({
      value: 'graft-prod',
      source: `${join(root, 'graft.yml')} line 1`,
      commands: expect.arrayContaining(['doctor', 'data push', 'rollback']),
    });
    expect(row('epochs', 'train')).toMatchObject({ value: '6', commands: ['train'] });
    expect(row('domain', 'data push')).toMatchObject({ value: 'produce' });
    expect(row('domain', 'predict')).toBeUndefined();
    expect(row('key', 'push')).toMatchObject({ value: 'own.pem', source: 'GRAFT_KEY' });
    expect(row('region', 'push')).toMatchObject({ value: 'eu-west-1', source: 'AWS_REGION' });
    expect(row('seed', 'train')).toMatchObject({ value: '1', source: 'default' });
    expect(row('api-key', 'predict')).toMatchObject({ value: '********' });
    expect(stdout).not.toMatch(/abc123|secret/);
  });

  it('shows one command whole, as a table for people', async () => {
    const { stdout } = await graft(['config', 'data', 'push'], { environment: environment() });

    expect(stdout).toMatch(/^option +value +from +for\n/);
    expect(stdout).toMatch(/^domain +produce +.*graft\.yml line 6 +data push$/m);
    expect(stdout).toMatch(/^minimum-accuracy +– +not set +data push$/m);
    const unknown = await graft(['config', 'fly'], { environment: environment() });
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringMatching(/no command "fly"/) });
  });

  it('refuses what is wrong in any section', async () => {
    writeFileSync(join(root, 'wrong.yml'), 'rollback:\n  by: ada\n  speed: 3\n');
    const { code, last } = await graft(['config', '--json'], {
      environment: environment({ GRAFT_CONFIG: join(root, 'wrong.yml') }),
    });
    expect(code).toBe(1);
    expect(last.message).toMatch(/wrong\.yml line 3: `graft rollback` has no option "speed"/);
  });
});
