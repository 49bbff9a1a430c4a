/**
 * `npm run test:image`: builds the container image without Docker and runs both of its commands as SageMaker
 * would, on a file system that is read-only. Where the tools for that are missing it says so and fails
 * nothing.
 */
import { spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildImage } from './build.ts';
import { checkServing, checkTraining } from './checks.ts';

/** Megabytes that the image may add to its base. */
const MOST_ADDED = 250;

const usage = `npm run test:image

  --folder FOLDER        keeps the base and the layers for the next time; default: <temporary folder>/graft-image`;

/** Why the image cannot be built here; undefined where it can. */
function obstacle(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'it takes Linux on x64';
  if (process.getuid?.() !== 0) return 'it takes root, to mount and to change the user';
  const tools = ['buildah', 'debootstrap', 'unshare', 'nsenter', 'chroot'];
  const missing = tools.filter((tool) => spawnSync(tool, ['--version']).error !== undefined);
  if (missing.length > 0) return `missing: ${missing.join(', ')} (apt-get install buildah debootstrap)`;
  const mounts = spawnSync('unshare', ['--mount', '--pid', '--fork', 'mount', '--bind', '/tmp', '/tmp']);
  return mounts.status === 0 ? undefined : 'this machine does not let root mount';
}

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: join(tmpdir(), 'graft-image') },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const reason = obstacle();
if (values.help) {
  console.log(usage);
} else if (reason !== undefined) {
  console.log(`The image is not tested, because it cannot be built here: ${reason}`);
} else {
  await mkdir(values.folder, { recursive: true });
  const startedAt = performance.now();
  const image = await buildImage(values.folder);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  const [all, added] = [image.bytes, image.added].map((bytes) => Math.round(bytes / 1e6));
  console.log(`\nBuilt in ${seconds} s: ${added} MB, ${all} MB with the base`);
  if (added! > MOST_ADDED) throw new Error(`The image adds ${added} MB to its base, more than ${MOST_ADDED}`);
  try {
    console.log(await checkServing(image, values.folder));
    for (const mode of ['transfer', 'baseline']) {
      console.log(await checkTraining(image, values.folder, mode));
    }
  } finally {
    await image.remove();
  }
}
