import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describeError } from '#core/errors.ts';
import { developmentSigningKey, packageLocalStack } from './development.ts';
import { repository } from './fingerprint.ts';

/** `npm run local`: packages the stack, then runs the local AWS alone. Options go to `local/main.ts`. */
try {
  const key = await developmentSigningKey();
  const template = await packageLocalStack(key.publicKey);
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', join(repository, 'local/main.ts'), '--template', template, ...process.argv.slice(2)],
    { cwd: repository, stdio: 'inherit' },
  );
  // A terminal sends Ctrl-C to both; a supervisor signals only this process.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.exitCode = await new Promise<number>((resolve) =>
    child.once('close', (code) => resolve(code ?? 1)),
  );
} catch (error) {
  console.error(describeError(error));
  process.exitCode = 1;
}
