/**
 * `npm run image:pin`: writes the newest build of the base into the Dockerfile. The image's tag changes with
 * it, so that the next deployment builds.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeError, InvalidInputError } from '#core/errors.ts';
import { repository } from '../fingerprint.ts';
import { dockerfilePath, parseDockerfile } from './dockerfile.ts';
import { resolveNodeImage } from './registry.ts';

const usage = `npm run image:pin [-- --tag 24-bookworm-slim]

Asks Docker Hub what the tag stands for now, and writes its digest into ${dockerfilePath}.

  --tag TAG        of the official image "node"; default: the release line and Debian of the base that is there
  --registry URL   another registry that has library/node, for instance your mirror`;

/** @example `node:24.21.0-bookworm-slim@sha256:…` gives `24-bookworm-slim` */
function floatingTag(base: string): string {
  const found = /^node:(\d+)[\d.]*-(\w+-slim)@/.exec(base);
  if (found) return `${found[1]}-${found[2]}`;
  throw new InvalidInputError(`The base "${base}" is none of node's`, { hint: 'Name a tag with --tag.' });
}

try {
  const { values } = parseArgs({
    options: { tag: { type: 'string' }, registry: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    console.log(usage);
  } else {
    const file = join(repository, dockerfilePath);
    const text = await readFile(file, 'utf8');
    const { base } = parseDockerfile(text);
    const tag = values.tag ?? floatingTag(base);
    const { digest, version } = await resolveNodeImage(tag, values.registry);
    const pinned = `node:${tag.replace(/^[\d.]+/, version)}@${digest}`;
    await writeFile(file, text.replace(`ARG BASE=${base}\n`, `ARG BASE=${pinned}\n`));
    console.log(pinned === base ? `${base} is the newest` : `${base}\n→ ${pinned}`);
  }
} catch (error) {
  console.error(describeError(error));
  process.exitCode = 1;
}
