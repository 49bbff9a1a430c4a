import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { repository } from './fingerprint.ts';
import { runtimePackages } from './image/runtime-packages.ts';
import { bundlePrograms } from './pack-agent/bundle.ts';
import { copyPackages, installedAmong, licencesOf } from './pack-agent/copy-packages.ts';

const usage = `npm run check:gpu -- [--out DIR] [--no-run] [-- options of the program]

Makes one folder that needs nothing but Node, and runs it here: which GPUs WebGPU and TensorFlow find, whether
they train as WebAssembly does, and how fast. Carry the folder to a machine with a GPU, of the same system and
processor, and run there: node check-gpu.mjs

  --out DIR  default: .build/check-gpu
  --no-run   only make the folder`;

/** Loaded by their paths, so that the bundles do not name them. */
const BY_PATH = ['webgpu', '@tensorflow/tfjs-backend-webgpu'];

const { values, positionals } = parseArgs({
  options: {
    out: { type: 'string', default: join(repository, '.build', 'check-gpu') },
    'no-run': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
  allowPositionals: true,
});
if (values.help) console.log(usage);
else {
  await make(values.out);
  console.error(`Made ${values.out}`);
  if (!values['no-run']) {
    const program = join(values.out, 'check-gpu.mjs');
    const run = spawnSync(process.execPath, [program, ...positionals], { stdio: 'inherit' });
    process.exitCode = run.status ?? 1;
  }
}

async function make(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { loaded, within } = await bundlePrograms(folder, {
    'check-gpu': 'scripts/check-gpu/program.ts',
    // Beside the program, where `start-thread.ts` looks for it.
    thread: 'model/threads/thread.ts',
  });
  const files = await runtimePackages([...loaded, ...BY_PATH]);
  const { packages } = JSON.parse(files['package-lock.json']) as { packages: Record<string, unknown> };
  const paths = Object.keys(packages).filter((path) => path !== '' && !/@types\/|@webgpu\//.test(path));
  await copyPackages(await installedAmong(paths), folder, `${process.platform}-${process.arch}`);
  await cp(join(repository, 'LICENSE'), join(folder, 'LICENSE'));
  await writeFile(join(folder, 'THIRD-PARTY-LICENSES.txt'), await licencesOf(within));
  const { version } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8'));
  await writeFile(
    join(folder, 'package.json'),
    `${JSON.stringify({ name: 'graft-check-gpu', version, private: true })}\n`,
  );
}
