import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseOptions } from 'local-aws/command';
import localAws from 'local-aws/package.json' with { type: 'json' };
import { describe, expect, test } from 'vitest';
import { checkArguments } from '../../onprem-agent/cli/arguments.ts';
import { findCommand } from '../../onprem-agent/cli/cli.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { runBlock, shellBlocks } from './blocks.ts';
import { documents, programs, root } from './sources.ts';

/** What a reader may be told to type. `graft` stands for `npx graft`. */
const PROGRAMS = 'npm npx graft aws curl docker skopeo git cp sed pip python3'.split(' ');
const blocks = documents.flatMap(shellBlocks);
const calls = blocks.map((block) => ({ block, ...runBlock(block, PROGRAMS) }));
const callsOf = (program: string) =>
  calls.flatMap(({ block, calls }) =>
    calls
      .filter(([name]) => name === program)
      .map(([, ...words]) => ({ where: `${block.file}:${block.line}`, words })),
  );
/** Scripts of the root, or of the workspace that `--workspace` names. */
function scriptsFor(words: readonly string[]): Record<string, string> {
  const at = words.indexOf('--workspace');
  if (at === -1) return packageJson.scripts;
  expect(words[at + 1]).toBe(localAws.name);
  return localAws.scripts;
}

const helps = new Map<string, string>();
function helpOf(file: string): string {
  const asked = () => spawnSync(process.execPath, ['--import', 'tsx', file, '--help'], { encoding: 'utf8' });
  const help = helps.get(file) ?? asked().stdout;
  helps.set(file, help);
  return help;
}

describe('every block of commands in README and docs', () => {
  test.each(calls.map(({ block, ...run }) => [`${block.file}:${block.line}`, run] as const))(
    '%s is one that a shell takes as typed',
    (_where, { calls, complaints }) => {
      expect(complaints).toBe('');
      expect(calls).not.toEqual([]);
    },
  );
});

describe('a command that the documents name', () => {
  const npm = callsOf('npm').filter(({ words }) => !['ci', 'install', 'pack'].includes(words[0]!));

  test.each(npm.map(({ where, words }) => [`npm ${words.join(' ')}`, where, words] as const))(
    '%s (%s) has a script, which knows the options',
    (_command, _where, words) => {
      const [name, ...rest] = words[0] === 'run' ? words.slice(1) : words;
      const scripts = scriptsFor(words);
      expect(Object.keys(scripts)).toContain(name);
      const options = rest.filter((word) => word.startsWith('--') && !['--', '--workspace'].includes(word));
      if (options.length === 0) return;
      const [, file] = /(\S+\.ts)$/.exec(scripts[name!]!) ?? [];
      for (const option of options) expect(helpOf(file!)).toContain(option.split('=')[0]);
    },
  );

  const graft = [
    ...callsOf('graft'),
    ...callsOf('npx').flatMap(({ where, words }) =>
      words[0] === 'graft' ? [{ where, words: words.slice(1) }] : [],
    ),
  ];
  test.each(graft.map(({ where, words }) => [`graft ${words.join(' ')}`, where, words] as const))(
    '%s (%s) is one that graft takes',
    async (_command, _where, words) => {
      const found = findCommand(words);
      expect(found).toBeDefined();
      const { args, takesProgram } = await found!.entry.load();
      const program = takesProgram ? found!.rest.indexOf('--') : -1;
      const own = program === -1 ? found!.rest : found!.rest.slice(0, program);
      checkArguments(own, args, `graft ${found!.name}`);
    },
  );

  const localAwsCalls = callsOf('npx').filter(({ words }) => words[0] === 'local-aws');
  test.each(localAwsCalls.map(({ where, words }) => [words.join(' '), where, words] as const))(
    'npx %s (%s) has options that the program takes',
    (_command, _where, [, ...args]) => {
      const defaults = { command: 'npx local-aws', state: '.local-aws', stack: 'local' };
      // A file that a reader writes is not here.
      const typed = args.filter(
        (_, index) => args[index - 1] !== '--container' && args[index] !== '--container',
      );
      expect(parseOptions(typed, {}, defaults)).toBeDefined();
    },
  );

  const noAwsCli = spawnSync('python3', ['-c', 'import awscli'], { encoding: 'utf8' }).status !== 0;
  test.skipIf(noAwsCli)('aws … is one that the AWS CLI takes', () => {
    const aws = callsOf('aws');
    expect(aws.length).toBeGreaterThan(5);
    const parser = fileURLToPath(new URL('aws_calls.py', import.meta.url));
    const { stdout, stderr } = spawnSync('python3', [parser], {
      encoding: 'utf8',
      input: JSON.stringify(aws.map(({ words }) => words)),
    });
    const complaints = JSON.parse(stdout || JSON.stringify([stderr])) as (string | null)[];
    expect(
      complaints.flatMap((complaint, index) =>
        complaint === null ? [] : [`${aws[index]?.where}: aws ${aws[index]?.words.join(' ')}: ${complaint}`],
      ),
    ).toEqual([]);
  });

  test('in the middle of a sentence is there', () => {
    const missing = [...programs, ...documents].flatMap((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      const npm = [...text.matchAll(/npm run ([a-z][\w-]*(?::[\w-]+)*)( --workspace [\w-]+)?/g)].filter(
        ([, name, workspace = '']) => scriptsFor(workspace.trim().split(' '))[name!] === undefined,
      );
      const graft = [...text.matchAll(/`(?:npx )?graft ([a-z]+(?: [a-z]+)*)[^`:]*`/g)].filter(
        ([, words]) => words!.split(' ')[0] !== 'help' && findCommand(words!.trim().split(' ')) === undefined,
      );
      return [...npm, ...graft].map(([command]) => `${file}: ${command}`);
    });

    expect(missing).toEqual([]);
  });
});
