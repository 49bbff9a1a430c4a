import { spawn } from 'node:child_process';

/**
 * `npm run check`: its parts at the same time, since none needs all cores. What one says appears when it has
 * ended; all of them end before this one fails.
 */
const names = ['check:types', 'check:lint', 'check:dead'];

async function run(name: string): Promise<boolean> {
  const child = spawn('npm', ['run', '--silent', name], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => said.push(chunk));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  console.log(`npm run ${name}${code === 0 ? '' : ` ended with ${code}`}\n${Buffer.concat(said)}`);
  return code === 0;
}

const passed = await Promise.all(names.map(run));
if (passed.includes(false)) process.exitCode = 1;
