import { writeFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { sha256 } from '#core/digest.ts';
import { describeError } from '#core/errors.ts';
import { createRandom } from '#core/random.ts';
import { SKETCH_BYTES } from '#model/data/sketch.ts';
import { numberOption } from '../onprem-agent/cli/arguments.ts';
import { lookOf, statusOf } from '../onprem-agent/commands/data-push/file-look.ts';
import { Fingerprint } from '../onprem-agent/commands/data-push/fingerprint.ts';
import {
  type KnownImage,
  knownImagesFile,
  writeKnownImages,
} from '../onprem-agent/commands/data-push/known-images.ts';
import { listingLine } from '../onprem-agent/commands/data-push/push-domain.ts';
import { indexFile, writeIndex } from '../onprem-agent/commands/data-push/push-index.ts';
import { lookAtFolder } from '../onprem-agent/commands/data-push/walk.ts';
import { measured } from './upload/measured.ts';

const HELP = `npm run bench:data-push -- [--images 250000] [--labels 100] [--latency 50] [--json]

\`graft data push\` of a folder in which nothing has changed since the last push, then of one with one new image: the time and the peak
memory of the command. All files but the new one are empty: their content is not read. The bucket is a stand-in that lists its objects
in pages of a thousand, as S3 does, and answers each request after some milliseconds.`;

const FOLDER = resolve('.graft', 'bench', 'data-push');
const STATE = join(FOLDER, 'state');
const PAGE = 1000;
const ETAG = '0123456789abcdef0123456789abcdef';
const program = resolve(import.meta.dirname, '../onprem-agent/bin.mjs');

async function main() {
  const { values } = parseArgs({
    options: {
      images: { type: 'string' },
      labels: { type: 'string' },
      latency: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const images = numberOption('images', values.images, { minimum: 1000, whole: true }) ?? 250_000;
  const labelCount = numberOption('labels', values.labels, { minimum: 2, maximum: 1000, whole: true }) ?? 100;
  const latency = numberOption('latency', values.latency, { minimum: 0 }) ?? 50;
  await rm(FOLDER, { recursive: true, force: true });
  const labels = Array.from({ length: labelCount }, (_, index) => `label-${String(index).padStart(4, '0')}`);
  const ids: string[] = [];
  const perFolder = Math.ceil(images / labelCount / 2);
  for (const part of ['test', 'train']) {
    for (const label of labels) {
      await mkdir(join(FOLDER, 'domain', part, label), { recursive: true });
      for (let index = 0; index < perFolder; index++) {
        const id = `${part}/${label}/image-${String(index).padStart(8, '0')}.jpg`;
        ids.push(id);
        writeFileSync(join(FOLDER, 'domain', id), '');
      }
    }
  }
  const gatePolicy = { minimumAccuracy: 0.5, minimumUplift: 0, minimumRecall: 0, minimumTestImages: 1 };
  const settings = JSON.stringify({ schemaVersion: 1, domain: 'bench', labels, gate: gatePolicy });
  await writeFile(join(FOLDER, 'domain', 'domain.json'), settings);

  // In S3's order: the ids are plain ASCII.
  const keys = ids.map((id) => `domains/bench/${id}`).sort();
  const digest = sha256('committed');
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://bucket');
    request.resume().on('end', () => setTimeout(answer, latency));
    function answer() {
      if (request.method === 'HEAD') {
        const checksum = Buffer.from(sha256(settings), 'hex').toString('base64');
        response.writeHead(200, {
          etag: ETAG,
          'x-amz-checksum-sha256': checksum,
          'x-amz-meta-graft-images': digest,
        });
        return void response.end();
      }
      if (request.method === 'PUT') return void response.writeHead(200, { etag: `"${ETAG}"` }).end();
      response.writeHead(200, { 'content-type': 'application/xml' });
      response.end(pageOf(keys, url.searchParams));
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const listing = new Fingerprint();
  for (const key of keys) listing.add(listingLine(key, 0, ETAG));
  await rememberPush(ids, { settings, digest, listing: listing.toString() });
  try {
    const unchanged = await push(endpoint, { uploaded: 0, committed: false });
    const newcomer = join(FOLDER, 'domain', ids[0]!.replace(/[^/]+$/, 'new.png'));
    await sharp({ create: { width: 64, height: 64, channels: 3, background: 'teal' } }).toFile(newcomer);
    const oneNew = await push(endpoint, { uploaded: 1, committed: true });
    for (const [what, run] of Object.entries({ unchanged, 'and one new': oneNew })) {
      console.log(
        `${ids.length} images ${what}: ${run.seconds.toFixed(1)} s, ${run.cpuSeconds.toFixed(1)} s processor, ${run.peakMb.toFixed(0)} MB`,
      );
    }
    const perMillion = (unchanged.seconds / ids.length) * 1e6;
    console.log(`  ${perMillion.toFixed(1)} s a million unchanged   (target ≤ 24: 2,500,000 in 60 s)`);
    if (values.json) console.log(JSON.stringify({ images: ids.length, ...unchanged, perMillion, oneNew }));
  } finally {
    server.close();
    await rm(FOLDER, { recursive: true, force: true });
  }
}

/** Leaves what a push of these images would leave in the state folder. */
async function rememberPush(
  ids: readonly string[],
  { settings, digest, listing }: { settings: string; digest: string; listing: string },
) {
  const folder = join(FOLDER, 'domain');
  // The files must look old enough not to change any more.
  const now = Date.now() + 60_000;
  const look = await lookAtFolder(folder, { now, onFiles: () => {} }, new AbortController().signal);
  await writeIndex(
    await indexFile(STATE, folder, ['bench', 'bench-bucket', '']),
    {
      ...{ schemaVersion: 1, folder: look.fingerprint, settings: sha256(settings), listing, digest },
      ...{ images: ids.length, extra: [], extraCount: 0, damaged: [], warnings: [] },
    },
    ids.map((id) => ({ key: `domains/bench/${id}`, sha256: sha256(id), etag: ETAG })),
  );
  const sketches = createRandom('sketches');
  const known = function* (): Generator<[string, KnownImage]> {
    for (const id of ids) {
      const sketch = Buffer.from(Uint8Array.from({ length: SKETCH_BYTES }, () => sketches.below(256)));
      const status = statusOf(join(folder, id));
      yield [
        id,
        { look: lookOf(status), sha256: sha256(id), sketch: sketch.toString('base64'), compared: '' },
      ];
    }
  };
  await writeKnownImages(await knownImagesFile(STATE, folder), known());
}

/** @throws Error when the push does not find what it should */
async function push(endpoint: string, expected: { uploaded: number; committed: boolean }) {
  const folder = join(FOLDER, 'domain');
  const words = ['data', 'push', folder, '--domain', 'bench', '--bucket', 'bench-bucket', '--json'];
  const { stdout, stderr, code, ...figures } = await measured(process.execPath, [program, ...words], {
    ...process.env,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL: endpoint,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    GRAFT_STATE: STATE,
  });
  const last = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown>;
  const { uploaded, committed } = last;
  if (code === 0 && uploaded === expected.uploaded && committed === expected.committed) return figures;
  throw new Error(`graft data push found ${uploaded} new: ${stdout.slice(-300)}${stderr.slice(-300)}`);
}

function pageOf(keys: readonly string[], query: URLSearchParams): string {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
  let low = 0;
  for (let high = keys.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (keys[middle]! <= after || keys[middle]! < prefix) low = middle + 1;
    else high = middle;
  }
  let [entries, index] = ['', low];
  for (; index < keys.length && index < low + PAGE && keys[index]!.startsWith(prefix); index++) {
    entries += `<Contents><Key>${keys[index]}</Key><LastModified>2026-11-23T15:42:00.000Z</LastModified><ETag>&quot;${ETAG}&quot;</ETag><ChecksumAlgorithm>SHA256</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>0</Size><StorageClass>STANDARD</StorageClass></Contents>`;
  }
  const more = index < keys.length && keys[index]!.startsWith(prefix);
  const token = more ? `<NextContinuationToken>${keys[index - 1]}</NextContinuationToken>` : '';
  return `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix>${prefix}</Prefix><IsTruncated>${more}</IsTruncated><EncodingType>url</EncodingType>${token}${entries}</ListBucketResult>`;
}

main().catch((error: unknown) => {
  console.error(describeError(error));
  process.exitCode = 1;
});
