import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { describeError, InvalidInputError } from '#core/errors.ts';
import { readZip } from '#model/keras/files/zip.ts';
import { repository } from '../scripts/fingerprint.ts';
import { packageStack } from '../scripts/package-stack.ts';

const HELP = `npm run bench:cold-start -- [--rounds 5] [--function NAME] [--json]

Bundle and initialisation of every Lambda as it is packaged: the minified JavaScript, without its map, and how long a
fresh Node process takes to import it (median), without Node's own start. Lambda does both before the first request.

  --rounds N       processes for each function           5
  --function NAME  only this one, as serverless.yml has it
  --json           last line: {functions: [{name, kilobytes, milliseconds}], ok}`;

const MAXIMUM_KILOBYTES = 1_000;
const MAXIMUM_MS = 150;
const FOLDER = join(repository, '.graft', 'bench', 'cold-start');

interface LambdaFunction {
  Type: string;
  Properties: { Handler: string; Code: { S3Key: string } };
}

async function bundlesOf(template: string, only: string | undefined) {
  const { Resources } = JSON.parse(await readFile(template, 'utf8')) as {
    Resources: Record<string, LambdaFunction>;
  };
  const found = Object.values(Resources)
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .map(({ Properties: { Handler, Code } }) => ({
      file: Handler.replace(/\.handler$/, '.mjs'),
      archive: join(dirname(template), basename(Code.S3Key)),
      name: basename(Code.S3Key, '.zip'),
    }))
    .filter(({ name }) => only === undefined || name === only);
  if (found.length > 0) return found;
  throw new InvalidInputError(`There is no function "${only}"`, { hint: 'serverless.yml has the names.' });
}

/** Milliseconds of one import in a process of its own. */
async function timeImport(path: string): Promise<number> {
  const program = `const start = performance.now(); await import(${JSON.stringify(pathToFileURL(path).href)});
    console.log(performance.now() - start); process.exit()`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  return Number(stdout.trim().split('\n').at(-1));
}

async function main() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      function: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new InvalidInputError(`--rounds "${values.rounds}" is not a whole number from 1`);
  }
  const { template } = await packageStack({
    ...{ stage: 'dev', region: 'eu-central-1', environment: {} },
    out: '.build/bench-cold-start',
  });
  await rm(FOLDER, { recursive: true, force: true });
  const functions = [];
  for (const { name, archive, file } of await bundlesOf(template, values.function)) {
    const bundle = (await readZip(archive, [file])).get(file);
    if (bundle === undefined) throw new InvalidInputError(`${archive} has no ${file}`);
    const path = join(FOLDER, name, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bundle);
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) times.push(await timeImport(path));
    times.sort((one, other) => one - other);
    const row = {
      name,
      kilobytes: Math.round(bundle.length / 1000),
      milliseconds: Math.round(times[Math.floor(rounds / 2)]!),
    };
    functions.push(row);
    console.log(
      `${name.padEnd(20)} ${String(row.kilobytes).padStart(6)} kB ${String(row.milliseconds).padStart(6)} ms`,
    );
  }
  const ok = functions.every(
    ({ kilobytes, milliseconds }) => kilobytes <= MAXIMUM_KILOBYTES && milliseconds <= MAXIMUM_MS,
  );
  console.log(`at most ${MAXIMUM_KILOBYTES} kB and ${MAXIMUM_MS} ms each: ${ok ? 'yes' : 'no'}`);
  if (values.json) console.log(JSON.stringify({ functions, ok }));
  process.exitCode = ok ? 0 : 1;
}

await main().catch((error: unknown) => {
  console.error(describeError(error));
  process.exitCode = 2;
});
