import { describe, expect, it } from 'vitest';
import { commands } from '../../../onprem-agent/commands/index.ts';
import { graft, spawnGraft } from '../cli.ts';

const names = Object.keys(commands);

describe('the command line', () => {
  it('runs as a process and says its version', async () => {
    const run = await spawnGraft(['--version']).done;

    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('lists its commands in its help', async () => {
    const run = await graft(['--help']);

    expect(run.code).toBe(0);
    for (const name of names) expect(run.stdout).toContain(`graft ${name}`);
  });

  it('shows the help and fails as wrong usage without a command', async () => {
    const run = await graft([]);

    expect(run.code).toBe(2);
    expect(run.stdout).toContain('COMMANDS');
  });

  it.each(names)('has options, examples and exit codes in the help of %s', async (name) => {
    const run = await graft([...name.split(' '), '--help']);

    expect(run.code).toBe(0);
    expect(run.stdout).toContain(`USAGE graft ${name}`);
    expect(run.stdout).toContain('--json');
    expect(run.stdout).toMatch(/EXAMPLES\n\n {2}.*graft /);
    expect(run.stdout).toContain('Exit codes: 0 done, 1 failed, 2 wrong usage');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(run.stdout).not.toMatch(/\x1b/);
  });
});

describe('wrong usage', () => {
  it.each([
    [['fly'], 'There is no command "fly"'],
    [['data', 'pull', 'x'], 'There is no command "data pull"'],
    [['keygen', '--fast'], "Unknown option '--fast'"],
    [['push', 'a', 'b'], 'does not take the argument "b"'],
    [['push'], 'needs <dir>'],
    [['push', 'a', '--bucket'], "Option '--bucket <value>' argument missing"],
    [['train', 'images'], 'needs --out'],
    [['train', 'images', '--out', 'x', '--epochs', 'many'], '--epochs is "many": expected a whole number'],
    [
      ['train', 'images', '--out', 'x', '--epochs', '0'],
      '--epochs is "0": expected a whole number, at least 1',
    ],
    [['train', 'images', '--out', 'x', '--learning-rate', '0'], '--learning-rate is "0"'],
    [['train', 'images', '--out', 'x', '--size', '4'], '--size is "4"'],
    [['train', 'images', '--out', 'x', '--model', 'My Model'], '--model is "My Model"'],
    [['train', 'images', '--out', 'x', '--backend', 'abacus'], 'abacus'],
    [['data', 'push', 'x'], 'needs --domain'],
    [['data', 'push', 'x', '--domain', 'Fresh Produce'], '--domain is "Fresh Produce"'],
    [['predict', 'x.png'], 'needs one of --model and --domain'],
    [['predict', 'x.png', '--model', 'a', '--domain', 'b'], 'needs one of --model and --domain'],
    [['predict', 'x.png', '--domain', 'b', '--url', 'nowhere'], '--url is "nowhere"'],
  ])('of %j is exit code 2 and is named', async (words, message) => {
    const run = await graft(words);

    expect(run.stderr).toContain(message);
    expect(run.code).toBe(2);
    expect(run.stdout).toBe('');
  });

  it('is the last JSON object with --json', async () => {
    const run = await graft(['keygen', '--fast', '--json']);

    expect(run.code).toBe(2);
    expect(run.last).toMatchObject({ event: 'error', ok: false, name: 'Usage' });
  });
});
