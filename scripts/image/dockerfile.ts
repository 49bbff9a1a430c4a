import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repository } from '../fingerprint.ts';

/** The parts of a Dockerfile that decide what is in the image. */
export interface Dockerfile {
  /** The image that all stages start from, with its digest. */
  base: string;
  /** Files, folders and patterns that come from the repository, in order. */
  sources: string[];
}

export const dockerfilePath = 'container/Dockerfile';

export async function readDockerfile(root = repository): Promise<Dockerfile> {
  return parseDockerfile(await readFile(join(root, dockerfilePath), 'utf8'));
}

/**
 * @throws Error when the Dockerfile has an instruction that is not understood here
 */
export function parseDockerfile(text: string): Dockerfile {
  const lines = text
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const base = lines.map((line) => /^ARG BASE=(\S+)$/.exec(line)?.[1]).find((found) => found !== undefined);
  if (base === undefined) throw new Error('The Dockerfile has no line "ARG BASE=<image>"');
  const sources = lines.flatMap((line) => {
    const [instruction, ...words] = line.split(/\s+/);
    if (/^ADD$/i.test(instruction!)) throw new Error(`"${line}": the Dockerfile uses COPY, not ADD`);
    if (!/^COPY$/i.test(instruction!) || words.some((word) => word.startsWith('--from='))) return [];
    if (words[0]!.startsWith('[')) throw new Error(`"${line}": list the files of COPY as plain words`);
    return words.filter((word) => !word.startsWith('--')).slice(0, -1);
  });
  return { base, sources };
}
