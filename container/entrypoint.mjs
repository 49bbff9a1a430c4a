// SageMaker starts the image as `<image> train` or `<image> serve`. The program is imported into this
// process, so that node stays PID 1 and gets SIGTERM: a shell in between would swallow the signal until
// SIGKILL.
import { chownSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

const programs = { train: './train.mjs', serve: './serve.mjs' };
const [command = ''] = process.argv.slice(2);

if (!Object.hasOwn(programs, command)) {
  console.error(`graft container: expected "train" or "serve", found ${JSON.stringify(command)}`);
  process.exit(2);
}
if (process.getuid?.() === 0 && process.env.GRAFT_USER_ID) giveUpRoot();
await import(programs[command]);

/**
 * Becomes an ordinary user, who parses images and models. A training job writes into folders that SageMaker
 * mounts for root, so they change owner first; serving writes nothing. Where the platform refuses (no
 * CAP_CHOWN, no CAP_SETUID), SageMaker's contract goes first: the process stays root and says so.
 */
function giveUpRoot() {
  const user = Number(process.env.GRAFT_USER_ID);
  const group = Number(process.env.GRAFT_GROUP_ID ?? user);
  const root = process.env.GRAFT_OPT_ML ?? '/opt/ml';
  try {
    if (command === 'train') {
      const checkpoints = join(root, 'checkpoints');
      for (const folder of [join(root, 'model'), join(root, 'output'), join(root, 'output', 'data')]) {
        mkdirSync(folder, { recursive: true });
        chownSync(folder, user, group);
      }
      // Exists only when the job has checkpoints, which is how the job knows.
      if (existsSync(checkpoints)) chownSync(checkpoints, user, group);
    }
    process.setgroups([group]);
    process.setgid(group);
    process.setuid(user);
  } catch (error) {
    console.error(`graft container: stays root (${error.message})`);
  }
}
