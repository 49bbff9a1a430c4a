import { spawn } from 'node:child_process';
import { repository } from '../../scripts/fingerprint.ts';

/** @throws Error with the last lines when the command fails */
export async function run(
  command: string,
  args: readonly string[],
  options: { quiet?: boolean } = {},
): Promise<string> {
  const child = spawn(command, args, { cwd: repository, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
    text += chunk;
    if (!options.quiet) process.stdout.write(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk;
    if (!options.quiet) process.stderr.write(chunk);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === 0) return output.trim();
  throw new Error(
    `${command} ${args.slice(0, 3).join(' ')} ended with ${code}:\n${text.split('\n').slice(-20).join('\n')}`,
  );
}
