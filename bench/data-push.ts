import { writeFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { sha256 } from '#core/digest.ts';
import { describeError } from '#core/errors.ts';
import { numberOption } from '../onprem-agent/cli/arguments.ts';
import { Fingerprint } from '../onprem-agent/commands/data-push/fingerprint.ts';
import { listingLine } from '../onprem-agent/commands/data-push/push-domain.ts';
import { indexFile, writeIndex } from '../onprem-agent/commands/data-push/push-index.ts';
import { lookAtFolder } from '../onprem-agent/commands/data-push/walk.ts';
import { measured } from './upload/measured.ts';

const HELP = `npm run bench:data-push -- [--images 250000] [--labels 100] [--latency 50] [--json]

\`graft data push\` of a folder in which nothing has changed since the last push: the time and the peak memory of the command. The files
are empty: no content is read. The bucket is a stand-in that lists its objects in pages of a thousand, as S3 does, and answers each
request after some milliseconds.`;

const FOLDER = resolve('.graft', 'bench', 'data-push');
const PAGE = 1000;
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
  const etag = '0123456789abcdef0123456789abcdef';
  const digest = sha256('committed');
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://bucket');
    setTimeout(() => {
      if (request.method === 'HEAD') {
        const checksum = Buffer.from(sha256(settings), 'hex').toString('base64');
        response.writeHead(200, {
          etag,
          'x-amz-checksum-sha256': checksum,
          'x-amz-meta-graft-images': digest,
        });
        return void response.end();
      }
      response.writeHead(200, { 'content-type': 'application/xml' });
      response.end(pageOf(keys, url.searchParams));
    }, latency);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const state = join(FOLDER, 'state');
  const listing = new Fingerprint();
  for (const key of keys) listing.add(listingLine(key, 0, etag));
  const now = Date.now() + 60_000;
  const look = await lookAtFolder(
    join(FOLDER, 'domain'),
    { now, onFiles: () => {} },
    new AbortController().signal,
  );
  await writeIndex(
    await indexFile(state, join(FOLDER, 'domain'), ['bench', 'bench-bucket', '']),
    {
      schemaVersion: 1,
      folder: look.fingerprint,
      settings: sha256(settings),
      listing: listing.toString(),
      digest,
      images: ids.length,
      extra: [],
      extraCount: 0,
      damaged: [],
      warnings: [],
    },
    [],
  );
  const words = [
    'data',
    'push',
    join(FOLDER, 'domain'),
    '--domain',
    'bench',
    '--bucket',
    'bench-bucket',
    '--json',
  ];
  const run = await measured(process.execPath, [program, ...words], {
    ...process.env,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL: endpoint,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    GRAFT_STATE: state,
  });
  server.close();
  const last = JSON.parse(run.stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown>;
  if (run.code !== 0 || last.uploaded !== 0 || last.committed !== false) {
    throw new Error(
      `graft data push did not find it unchanged: ${run.stdout.slice(-300)}${run.stderr.slice(-300)}`,
    );
  }
  await rm(FOLDER, { recursive: true, force: true });
  const { seconds, cpuSeconds, peakMb } = run;
  const perMillion = (seconds / ids.length) * 1e6;
  console.log(
    `${ids.length} unchanged images: ${seconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} s processor, ${peakMb.toFixed(0)} MB`,
  );
  console.log(`  ${perMillion.toFixed(1)} s a million   (target ≤ 24: 2,500,000 in 60 s)`);
  if (values.json)
    console.log(JSON.stringify({ images: ids.length, seconds, cpuSeconds, peakMb, perMillion }));
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
    entries += `<Contents><Key>${keys[index]}</Key><LastModified>2026-11-23T15:42:00.000Z</LastModified><ETag>&quot;0123456789abcdef0123456789abcdef&quot;</ETag><ChecksumAlgorithm>SHA256</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>0</Size><StorageClass>STANDARD</StorageClass></Contents>`;
  }
  const more = index < keys.length && keys[index]!.startsWith(prefix);
  const token = more ? `<NextContinuationToken>${keys[index - 1]}</NextContinuationToken>` : '';
  return `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix>${prefix}</Prefix><IsTruncated>${more}</IsTruncated><EncodingType>url</EncodingType>${token}${entries}</ListBucketResult>`;
}

main().catch((error: unknown) => {
  console.error(describeError(error));
  process.exitCode = 1;
});
