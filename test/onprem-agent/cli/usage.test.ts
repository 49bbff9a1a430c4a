import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EXIT_CODE_MEANINGS, EXIT_CODES } from '../../../onprem-agent/cli/errors.ts';
import { topics } from '../../../onprem-agent/cli/topics.ts';
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
    for (const [code, meaning] of EXIT_CODE_MEANINGS) expect(run.stdout).toContain(`${code} ${meaning}`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(run.stdout).not.toMatch(/\x1b/);
  });
});

describe('exit codes', () => {
  it('are the ones that docs/agent.md lists, and no others', () => {
    const section = readFileSync('docs/agent.md', 'utf8').split('\n## Exit codes\n')[1]!.split('\n## ')[0]!;
    const rows = [...section.matchAll(/^\| (\d+) \| (.+) \|$/gm)].map(([, code, meaning]) => [code, meaning]);

    expect(rows).toEqual(EXIT_CODE_MEANINGS.map((row) => [...row]));
    expect(Object.values(EXIT_CODES).map(String)).toEqual(rows.map(([code]) => code));
  });

  it('tell an interruption from a failure', async () => {
    const interrupted = new AbortController();
    interrupted.abort();
    const words = ['push', 'nowhere', '--json'];

    expect(await graft(words)).toMatchObject({ code: 1, last: { name: 'NotFound' } });
    expect(await graft(words, { signal: interrupted.signal })).toMatchObject({
      code: 130,
      last: { message: 'Interrupted' },
    });
  });
});

describe('--json', () => {
  it.each(names)('of %s gives one JSON object a line, the last one an error or a result', async (name) => {
    // A word too many: each command refuses it before it does anything.
    const run = await graft([...name.split(' '), 'a', 'b', 'c', '--json'], {
      environment: { HOME: '/nowhere' },
    });

    expect(run).toMatchObject({ code: 2, stderr: '', last: { event: 'error', ok: false, name: 'Usage' } });
    expect(run.stdout.trim().split('\n')).toHaveLength(run.events.length);
  });

  it.each([['--version'], ['help'], ['help', 'keys'], ['push', '--help'], ['completion', 'bash']])(
    'of graft %s gives a result',
    async (...words) => {
      const run = await graft([...words, '--json']);
      expect(run).toMatchObject({ code: 0, last: { event: 'result', ok: true } });
      expect(run.events).toHaveLength(1);
    },
  );
});

describe('graft help', () => {
  it.each(Object.entries(topics))('%s is a section of docs/agent.md as text', async (name, { heading }) => {
    const run = await graft(['help', name]);

    expect(run.code).toBe(0);
    expect(run.stdout).toContain(heading.replaceAll('`', '').toUpperCase());
    expect(run.stdout.split('\n').length).toBeGreaterThan(5);
    expect(run.stdout).not.toMatch(/```|\]\(|\*\*/);
  });

  it('explains commands, and names the topics where it knows nothing', async () => {
    expect((await graft(['help', 'data', 'push'])).stdout).toContain('USAGE graft data push');
    const unknown = await graft(['help', 'flying']);
    expect(unknown).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no command and no topic "flying"[\s\S]*getting-started/),
    });
  });
});

describe('a program behind --', () => {
  it('is refused by commands that run none', async () => {
    expect(await graft(['push', 'a', '--', 'ls'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/`graft push` runs no program/),
    });
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
