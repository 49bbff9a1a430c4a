import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../../../onprem-agent/commands/index.ts';
import { graft } from '../../cli.ts';

let root: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'graft-completion-'));
  for (const shell of ['bash', 'zsh', 'fish']) {
    writeFileSync(join(root, shell), (await graft(['completion', shell])).stdout);
  }
  writeFileSync(join(root, 'a model.onnx'), '');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const run = async (program: string, args: readonly string[]) =>
  (await promisify(execFile)(program, args, { cwd: root })).stdout;
const linesOf = (stdout: string) => stdout.split('\n').filter((line) => line !== '');

/** What each shell offers for a line that ends here, in the folder of this test. */
const offers = {
  async bash(...words: string[]) {
    const line = ['graft', ...words].map((word) => `'${word}'`).join(' ');
    const script = `source ./bash; COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _graft; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return linesOf(await run('bash', ['--norc', '-c', script]));
  },
  async fish(...words: string[]) {
    const script = `source ./fish; complete -C '${['graft', ...words].join(' ')}'`;
    const lines = linesOf(await run('fish', ['--no-config', '-c', script]));
    return lines.map((found) => found.split('\t')[0]!);
  },
  async zsh(...words: string[]) {
    return (await run('python3', ['-c', ZSH, root, ['graft', ...words].join(' ')])).split(/\s+/);
  },
};

/** Types a line and two tabs into a zsh on a terminal, as a person does, and says what it shows. */
const ZSH = `
import os, pty, re, select, sys
folder, line = sys.argv[1:]
pid, fd = pty.fork()
if pid == 0:
    os.environ.update(TERM='dumb', ZDOTDIR=folder, COLUMNS='200', LINES='200', PS1='READY> ')
    os.execvp('zsh', ['zsh', '-f', '-i'])
def read_until(ends, seconds):
    seen = b''
    while ends not in seen and select.select([fd], [], [], seconds)[0]:
        try: chunk = os.read(fd, 65536)
        except OSError: break
        if not chunk: break
        seen += chunk
    return seen
read_until(b'READY> ', 20)
os.write(fd, b"PS1='NEXT'; autoload -Uz compinit; compinit -u -d " + folder.encode() + b"/dump; source ./zsh; setopt autolist nolistbeep; LISTMAX=999; unsetopt listambiguous menucomplete; print DO''NE\\n")
read_until(b'DONE', 30)
os.write(fd, line.encode() + b'\\t\\t')
seen = read_until(b'nothing ends it', 2)
os.write(fd, b'\\x03\\x04exit\\n')
os.close(fd)
os.waitpid(pid, 0)
sys.stdout.write(re.sub(r'\\x1b\\[[0-9;?]*[A-Za-z]', ' ', seen.decode(errors='replace')).replace('\\r', '\\n'))
`;

for (const shell of ['bash', 'fish', 'zsh'] as const) {
  const needed = shell === 'zsh' ? ['zsh', 'python3'] : [shell];
  const lacking = needed.some((each) => spawnSync(each, ['--version']).status !== 0);
  describe.skipIf(lacking)(`${shell}, which runs the script,`, () => {
    const complete = offers[shell];

    it('offers commands, and the second words of those that have two', async () => {
      // Alone: zsh notes then which functions there are, and the others read it.
      const first = await complete('');
      const [data, backend] = await Promise.all([complete('data', ''), complete('backend', '')]);

      for (const name of Object.keys(commands)) expect(first, name).toContain(name.split(' ')[0]);
      expect(data).toContain('push');
      expect(backend).toEqual(expect.arrayContaining(['install', 'remove']));
    });

    it('offers the options of a command, also of two words, and their values', async () => {
      const [train, data, preset, help] = await Promise.all([
        complete('train', '--ba'),
        complete('data', 'push', '--minimum-'),
        complete('import', 'x', '--preset', ''),
        complete('help', ''),
      ]);

      expect(train).toEqual(expect.arrayContaining(['--batch-size', '--backend']));
      expect(data).toContain('--minimum-accuracy');
      expect(preset).toEqual(expect.arrayContaining(['torchvision', 'clip']));
      expect(help).toEqual(expect.arrayContaining(['keys', 'configuration']));
    });

    it('offers files where a file is expected', async () => {
      const [model, key] = await Promise.all([complete('import', ''), complete('push', 'x', '--key', 'a')]);

      expect(model.join(' ')).toMatch(/a\\? model\.onnx/);
      expect(key.join(' ')).toMatch(/a\\? model\.onnx/);
    });
  });
}

it('a shell that is not known is refused', async () => {
  expect(await graft(['completion', 'csh'])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/"csh": expected one of bash, zsh, fish/),
  });
});
