import { createWriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type BuildOptions, build } from 'esbuild';
import { parse } from 'yaml';
import { ZipFile } from 'yazl';
import { repository } from './fingerprint.ts';

/** What serverless.yml says of the functions and of their bundles. */
interface Service {
  functions: Record<string, { handler: string }>;
  custom: { esbuild: Omit<BuildOptions, 'plugins'> & PluginOptions };
}

/** Options of `serverless-esbuild` that esbuild does not have. */
interface PluginOptions {
  outputFileExtension: string;
  /** A file with a list of esbuild's plugins. */
  plugins: string;
  concurrency?: number;
  skipRebuild?: boolean;
  keepOutputDirectory?: boolean;
  skipBuild?: unknown;
}

/**
 * Builds the archives of all functions, `<folder>/<function>.zip`, with just the files that
 * `serverless-esbuild` would put into them. That plugin runs esbuild for each function; here it runs once and
 * reads what the functions share once, which takes an eighth of the time.
 *
 * @param root folder of serverless.yml
 */
export async function buildFunctions(folder: string, root = repository): Promise<void> {
  const yaml = await readFile(join(root, 'serverless.yml'), 'utf8');
  // CloudFormation's own tags mean nothing here.
  const { functions, custom } = parse(yaml, { logLevel: 'error' }) as Service;
  const files = await bundle(Object.values(functions).map(sourceOf), custom.esbuild, root);
  await mkdir(folder, { recursive: true });
  await Promise.all(
    Object.entries(functions).map(([name, { handler }]) =>
      writeArchive(
        join(folder, `${name}.zip`),
        files.filter((file) => file.name.startsWith(`${withoutExport(handler)}.`)),
      ),
    ),
  );
}

/** The source's name without its ending. */
const withoutExport = (handler: string) => handler.slice(0, handler.lastIndexOf('.'));
const sourceOf = ({ handler }: { handler: string }) => `${withoutExport(handler)}.ts`;

interface Bundle {
  /** Of the bundle or of its source map, from the root. */
  name: string;
  contents: Uint8Array;
}

async function bundle(
  sources: readonly string[],
  settings: Service['custom']['esbuild'],
  root: string,
): Promise<Bundle[]> {
  const {
    outputFileExtension,
    plugins,
    concurrency,
    skipRebuild,
    keepOutputDirectory,
    skipBuild,
    ...options
  } = settings;
  // Nothing is written there. The paths in the source maps are those that the plugin's own folder gives.
  const outdir = join(root, '.build', 'functions');
  const { outputFiles } = await build({
    ...options,
    absWorkingDir: root,
    entryPoints: [...new Set(sources)],
    outbase: root,
    outdir,
    outExtension: { '.js': outputFileExtension },
    plugins: createRequire(join(root, 'serverless.yml'))(`./${plugins}`),
    write: false,
    logLevel: 'warning',
  });
  return outputFiles.map(({ path, contents }) => ({ name: relative(outdir, path), contents }));
}

/** The same content gives the same bytes, by which osls tells whether a function has changed. */
async function writeArchive(path: string, files: readonly Bundle[]): Promise<void> {
  const archive = new ZipFile();
  for (const { name, contents } of files) {
    archive.addBuffer(Buffer.from(contents), name, { mtime: new Date(0), mode: 0o100644 });
  }
  archive.end();
  await pipeline(archive.outputStream, createWriteStream(path));
}
