import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { CreateBucketCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { MODEL_FILE } from '#core/contracts/manifest.ts';
import { describeError } from '#core/errors.ts';
import { numberOption } from '../onprem-agent/cli/arguments.ts';
import { writeNewKey } from '../onprem-agent/model-folder/signing-key.ts';
import { makeModelFolder } from '../test/onprem-agent/model-fixture.ts';
import { median } from './shared/summary.ts';
import { startBadLink } from './upload/bad-link.ts';
import { type Measured, measured } from './upload/measured.ts';

const HELP = `npm run bench:upload -- [--mib 1024] [--rounds 3] [--memory-only] [--sources] [--json]

A model to the local S3: \`graft push\` as a person runs it, from the tarball of \`npm run pack:agent\`, beside \`aws s3 cp\`, taking turns,
with the time, the processor's time and the peak memory of each client. The local S3 is a process of its own on the same cores. Then \`graft push\` over a link of 40 MB/s that
cuts a connection three times and goes away for three seconds once: how many bytes it takes in all.

  --mib N      size of the model                          1024
  --rounds N   turns of each                              3
  --memory-only  one \`graft push\` and nothing else: its time and peak memory, for models of many gigabytes
  --sources    runs the sources through tsx, which starts two seconds later, and packs nothing
  --json       last line: {ratio, peakMb, resent, …}; ratio is above 1 where graft is faster, null without the AWS CLI`;

const FOLDER = resolve('.graft', 'bench', 'upload');
const MIB = 1024 * 1024;
const LINK_BYTES_PER_SECOND = 40e6;
const repository = resolve(import.meta.dirname, '..');
const SOURCES = join(repository, 'onprem-agent', 'bin.mjs');

/** The agent as `npm install` unpacks it. */
function packedProgram(): string {
  const out = join(FOLDER, 'agent');
  const run = spawnSync('npm', ['run', 'pack:agent', '--', '--out', out], {
    cwd: repository,
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`The agent cannot be packed: ${run.stderr}`);
  return join(out, 'package', 'dist', 'graft.mjs');
}

async function startServer() {
  const args = ['--import', 'tsx', join(import.meta.dirname, 'upload/server.ts'), join(FOLDER, 'aws')];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const [endpoint] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return {
    endpoint,
    async stop() {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

const environmentOf = (endpoint: string): NodeJS.ProcessEnv => ({
  ...process.env,
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_REGION: 'eu-central-1',
  AWS_DEFAULT_REGION: 'eu-central-1',
  AWS_ENDPOINT_URL: endpoint,
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  GRAFT_STATE: join(FOLDER, 'state'),
});

/** Everything in one bucket goes, so that the disk holds one model at a time. */
async function fresh(s3: S3Client, bucket: string): Promise<string> {
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  return bucket;
}

function checked(what: string, run: Measured): Measured {
  if (run.code === 0) return run;
  throw new Error(`${what} ended with code ${run.code}: ${(run.stderr || run.stdout).trim().slice(-500)}`);
}

async function pushTo(
  program: string,
  bucket: string,
  endpoint: string,
  ...more: string[]
): Promise<Measured> {
  const words = ['push', join(FOLDER, 'model'), '--bucket', bucket, '--key', join(FOLDER, 'key.pem')];
  const run = await measured(
    process.execPath,
    [program, ...words, '--json', ...more],
    environmentOf(endpoint),
  );
  return checked('graft push', run);
}

const say = (name: string, { seconds, cpuSeconds, peakMb }: Measured, bytes: number) =>
  console.log(
    `  ${name.padEnd(12)} ${seconds.toFixed(1).padStart(6)} s ${(bytes / 1e6 / seconds).toFixed(0).padStart(5)} MB/s ${cpuSeconds.toFixed(1).padStart(6)} s processor ${peakMb.toFixed(0).padStart(5)} MB`,
  );

async function main() {
  const { values } = parseArgs({
    options: {
      mib: { type: 'string' },
      rounds: { type: 'string' },
      'memory-only': { type: 'boolean', default: false },
      sources: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const mib = numberOption('mib', values.mib, { minimum: 32, whole: true }) ?? 1024;
  const memoryOnly = values['memory-only'];
  const rounds = memoryOnly ? 1 : (numberOption('rounds', values.rounds, { minimum: 1, whole: true }) ?? 3);
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  const program = values.sources ? SOURCES : packedProgram();
  const { version } = await makeModelFolder(join(FOLDER, 'model'), { bytes: mib * MIB });
  const file = join(FOLDER, 'model', MODEL_FILE);
  const { size } = await stat(file);
  // Or the first turn would share the disk with the model's own way there.
  const handle = await open(file);
  await handle.sync();
  await handle.close();
  await writeNewKey(join(FOLDER, 'key.pem'));
  const cli = memoryOnly
    ? 'not asked for'
    : await measured('aws', ['--version'], process.env).catch((error: Error) => error.message);
  const noCli = typeof cli === 'string' ? cli : cli.code === 0 ? undefined : cli.stderr.trim();
  const server = await startServer();
  const s3 = new S3Client({
    region: 'eu-central-1',
    endpoint: server.endpoint,
    forcePathStyle: true,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const ours: Measured[] = [];
  const theirs: Measured[] = [];
  try {
    console.log(`${mib} MiB to the local S3, ${typeof cli === 'string' ? 'no AWS CLI' : cli.stdout.trim()}`);
    for (let round = 0; round < rounds; round++) {
      const own = async () => {
        ours.push(await pushTo(program, await fresh(s3, `graft-${round}`), server.endpoint));
        say('graft push', ours.at(-1)!, size);
      };
      const peer = async () => {
        const to = `s3://${await fresh(s3, `aws-${round}`)}/${MODEL_FILE}`;
        const args = ['s3', 'cp', file, to, '--no-progress', '--endpoint-url', server.endpoint];
        theirs.push(checked('aws s3 cp', await measured('aws', args, environmentOf(server.endpoint))));
        say('aws s3 cp', theirs.at(-1)!, size);
      };
      // The first one has the colder caches: they take turns with that, too.
      const both = noCli === undefined ? [own, peer] : [own];
      for (const turn of round % 2 === 0 ? both : both.toReversed()) await turn();
    }
    if (memoryOnly) {
      const { peakMb, seconds } = ours[0]!;
      console.log(`  peak memory ${peakMb.toFixed(0)} MB   (target ≤ 150)`);
      if (values.json) console.log(JSON.stringify({ peakMb: Math.round(peakMb), seconds, mib }));
      return;
    }
    const link = await startBadLink(server.endpoint, {
      bytesPerSecond: LINK_BYTES_PER_SECOND,
      cuts: [0.2, 0.4, 0.8]
        .map((share) => ({ afterBytes: share * size }))
        .concat({ afterBytes: 0.6 * size, outageSeconds: 3 } as never)
        .sort((a, b) => a.afterBytes - b.afterBytes),
    });
    const bucket = await fresh(s3, 'bad-link');
    const bad = await pushTo(program, bucket, link.url, '--wait');
    await link.stop();
    await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: `general/icons/${version}/manifest.json` }));
    say('bad link', bad, size);
    const resent = link.bytes() / size;
    console.log(`  bytes sent ÷ size ${resent.toFixed(4)}, ${link.cuts()} cuts   (target ≤ 1.02)`);
    const seconds = (runs: Measured[]) => median(runs.map((run) => run.seconds));
    const cpu = (runs: Measured[]) => median(runs.map((run) => run.cpuSeconds));
    const ratio = theirs.length === 0 ? null : seconds(theirs) / seconds(ours);
    const peakMb = Math.round(Math.max(...[...ours, bad].map((run) => run.peakMb)));
    console.log(`  throughput ratio ${ratio?.toFixed(2) ?? `unknown: ${noCli}`}   (target ≥ 1.0)`);
    console.log(`  peak memory ${peakMb} MB   (target ≤ 150)`);
    if (values.json) {
      const processorRatio = theirs.length === 0 ? null : cpu(ours) / cpu(theirs);
      const reason = ratio === null ? { reason: noCli } : {};
      console.log(
        JSON.stringify({ ratio, ...reason, processorRatio, peakMb, resent, cuts: link.cuts(), mib, rounds }),
      );
    }
  } finally {
    await server.stop();
    await rm(FOLDER, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  console.error(describeError(error));
  process.exitCode = 1;
});
