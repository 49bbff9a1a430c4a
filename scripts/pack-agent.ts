import { spawnSync } from 'node:child_process';
import { cp, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SHELLS } from '../onprem-agent/commands/completion/completion.ts';
import { completionWords } from '../onprem-agent/commands/completion/words.ts';
import packageJson from '../package.json' with { type: 'json' };
import { buildConsole } from './build-console.ts';
import { repository } from './fingerprint.ts';
import { runtimePackages } from './image/runtime-packages.ts';
import { bundleAgent } from './pack-agent/bundle.ts';
import { copyPackages, installedAmong, licencesOf } from './pack-agent/copy-packages.ts';
import { manPage } from './pack-agent/man-page.ts';
import { writeProgram } from './pack-agent/program.ts';

const usage = `npm run pack:agent -- [--out DIR]

Makes one tarball of the on-prem agent for this machine's platform, graft-<version>-<platform>.tgz, that
"npm install -g" installs without the repository, without a registry and without running any script.

  --out DIR  default: .build/agent`;

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(repository, '.build', 'agent') },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) console.log(usage);
else await pack(values.out);

async function pack(out: string): Promise<void> {
  const platform = `${process.platform}-${process.arch}`;
  const folder = join(out, 'package');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { loaded, within } = await bundleAgent(folder);
  const { dependencies, paths } = await closureOf(loaded);
  const installed = await installedAmong(paths);
  await copyPackages(installed, folder, platform);
  const page = await buildConsole();
  const bundled = [...new Set([...within, ...page.within])].sort();
  await writeFile(join(folder, 'THIRD-PARTY-LICENSES.txt'), await licencesOf(bundled));
  await writeProgram(folder);
  await mkdir(join(folder, 'dist', 'console'));
  for (const { name, bytes } of page.files) {
    await writeFile(join(folder, 'dist', 'console', name), bytes);
  }
  await writeDocuments(folder);
  await writeFile(join(folder, 'package.json'), packageFile(dependencies, installed));
  await packFolder(folder, join(out, `graft-${packageJson.version}-${platform}.tgz`));
}

/** @returns the packages that the bundles load with their versions, and the paths of those and theirs */
async function closureOf(loaded: readonly string[]) {
  const files = await runtimePackages(loaded);
  const lock = JSON.parse(files['package-lock.json']) as {
    packages: Record<string, { dependencies?: Record<string, string> }>;
  };
  const paths = Object.keys(lock.packages).filter((path) => path !== '' && !path.includes('@types/'));
  return { dependencies: lock.packages['']!.dependencies ?? {}, paths };
}

/** Everything that is bundled is a dependency, or npm would take it for something left behind. */
function packageFile(dependencies: Record<string, string>, installed: readonly string[]): string {
  const { name, version, description, license, engines } = packageJson;
  const top = installed.filter((path) => path.lastIndexOf('node_modules/') === 0);
  const names = top.map((path) => path.slice('node_modules/'.length));
  return `${JSON.stringify(
    {
      name,
      version,
      description,
      license,
      type: 'module',
      bin: { graft: 'dist/graft.mjs' },
      man: ['man/graft.1'],
      engines,
      os: [process.platform],
      cpu: [process.arch],
      dependencies: Object.fromEntries(names.map((each) => [each, dependencies[each] ?? '*'])),
      bundleDependencies: names,
    },
    null,
    2,
  )}\n`;
}

async function writeDocuments(folder: string): Promise<void> {
  for (const name of ['docs', 'man', 'completions']) await mkdir(join(folder, name));
  // `graft help` reads its topics there.
  await cp(join(repository, 'docs', 'agent.md'), join(folder, 'docs', 'agent.md'));
  await cp(join(repository, 'LICENSE'), join(folder, 'LICENSE'));
  await writeFile(join(folder, 'man', 'graft.1'), await manPage(packageJson.version));
  const words = await completionWords();
  const files = { bash: 'graft.bash', zsh: '_graft', fish: 'graft.fish' } as const;
  for (const [shell, file] of Object.entries(files) as [keyof typeof files, string][]) {
    await writeFile(join(folder, 'completions', file), SHELLS[shell](words));
  }
}

async function packFolder(folder: string, tarball: string): Promise<void> {
  const run = spawnSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', '..'], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`npm pack failed: ${run.stderr}`);
  const [made] = JSON.parse(run.stdout) as { filename: string; unpackedSize: number }[];
  await rm(tarball, { force: true });
  await cp(join(folder, '..', made!.filename), tarball);
  await rm(join(folder, '..', made!.filename));
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  const { size } = await stat(tarball);
  console.log(`Packed ${tarball}: ${megabytes(size)}, ${megabytes(made!.unpackedSize)} unpacked`);
}
