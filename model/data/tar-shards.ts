import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { extract, type Header } from 'tar-stream';
import { InvalidInputError } from '#core/errors.ts';
import { IMAGE_ENDINGS, isLitter, MAXIMUM_IMAGE_BYTES } from '#core/image-files.ts';
import { collidingLabels, labelSchema } from '#core/labels.ts';
import {
  type ImageList,
  pick,
  sharedFloat64,
  sharedInt32,
  sharedUint16,
  sharedUint32,
} from './image-list.ts';
import type { FoundImages } from './list-training-images.ts';
import { createTexts, pickTexts, textAt } from './texts.ts';

/** Bytes of a `.cls` member, which has one number or label. */
const MOST_CLASS_BYTES = 1_024;
/** `ShardPlaces.indices` has 16 bits. */
const MOST_SHARDS = 65_535;
const BLOCK = 512;

/** A member with an image, and what says its class. */
interface Member {
  name: string;
  offset: number;
  length: number;
  label: string | undefined;
}

/**
 * Reads the table of contents of tar shards in WebDataset's convention: members of one folder and the same
 * name up to its first dot belong together, one of them is the image, and `.cls` has its class index or its
 * label. Without a `.cls` the label is the folder in the member's name. Nothing is unpacked; images are read
 * later by their place in the shard.
 *
 * @param names of the shards in `root`, sorted
 * @throws InvalidInputError naming shard and member
 */
export async function listShards(
  root: string,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<FoundImages> {
  if (names.length > MOST_SHARDS) {
    throw new InvalidInputError(`"${root}" has ${names.length} shards, more than ${MOST_SHARDS}`, {
      hint: 'Make larger shards: some hundred megabytes each are usual.',
    });
  }
  const texts = createTexts();
  const labelNumbers = new Map<string, number>();
  const [labelOf, shardOf, offsets, lengths]: number[][] = [[], [], [], []];
  const beside: string[] = [];
  for (const [shard, name] of names.entries()) {
    const { members, others } = await readShard(root, name, signal);
    for (const other of others) beside.push(`${name}/${other}`);
    for (const member of members) {
      const label = checkedLabel(name, member);
      if (!labelNumbers.has(label)) labelNumbers.set(label, labelNumbers.size);
      texts.add(member.name);
      labelOf!.push(labelNumbers.get(label)!);
      shardOf!.push(shard);
      offsets!.push(member.offset);
      lengths!.push(member.length);
    }
  }
  const found = [...labelNumbers.keys()];
  const labels = sortLabels(found);
  refuseUnusable(root, labels);
  const places = found.map((label) => labels.indexOf(label));
  const classIndices = labelOf!.map((number) => places[number]!);
  const all = texts.build();
  const order = sortedOrder(classIndices, shardOf!, (image) => textAt(all, image));
  const size = order.length;
  const list: ImageList = {
    root,
    labels,
    size,
    classIndices: pick(classIndices, order, sharedInt32(size)),
    names: pickTexts(all, order),
    shards: {
      names: [...names],
      indices: pick(shardOf!, order, sharedUint16(size)),
      offsets: pick(offsets!, order, sharedFloat64(size)),
      lengths: pick(lengths!, order, sharedUint32(size)),
    },
  };
  return { list, beside };
}

/** Numbers by their value, as class indices are meant; other labels by their code units. */
function sortLabels(found: readonly string[]): string[] {
  const areNumbers = found.every((label) => /^\d+$/.test(label));
  return areNumbers ? [...found].sort((a, b) => Number(a) - Number(b)) : [...found].sort();
}

/** By class, shard, and name within the shard. */
function sortedOrder(
  classIndices: number[],
  shards: number[],
  nameOf: (image: number) => string,
): Uint32Array {
  return Uint32Array.from(classIndices, (_, i) => i).sort((a, b) => {
    if (classIndices[a] !== classIndices[b]) return classIndices[a]! - classIndices[b]!;
    if (shards[a] !== shards[b]) return shards[a]! - shards[b]!;
    const [one, other] = [nameOf(a), nameOf(b)];
    return one < other ? -1 : one > other ? 1 : 0;
  });
}

async function readShard(
  root: string,
  shard: string,
  signal?: AbortSignal,
): Promise<{ members: Member[]; others: string[] }> {
  await refuseCutShort(root, shard);
  const members = new Map<string, Member>();
  const namedLabels = new Map<string, string>();
  const others: string[] = [];
  const archive = extract();
  const file = createReadStream(join(root, shard), { highWaterMark: 1 << 20, ...(signal && { signal }) });
  file.on('error', (error) => archive.destroy(error));
  file.pipe(archive);
  try {
    for await (const entry of archive) {
      const header = entry.header as Header & { byteOffset: number };
      const name = header.name.replace(/^(\.\/)+/, '');
      const { folder, stem, extension } = partsOf(name);
      if (header.type === 'directory' || isLitter(name.slice(folder.length))) {
        entry.resume();
        continue;
      }
      if (header.type !== 'file' && header.type !== 'contiguous-file') {
        throw refusal(shard, name, `it is a ${header.type}, not a file`, 'Pack the file itself.');
      }
      const key = `${folder}${stem}`;
      if (extension === 'cls') {
        if (namedLabels.has(key)) throw twice(shard, name);
        namedLabels.set(key, await readClass(entry, header.size, { shard, name }));
      } else if (IMAGE_ENDINGS.includes(extension)) {
        if (members.has(key)) throw twice(shard, name, members.get(key)!.name);
        const label = folder === '' ? undefined : folder.slice(0, -1);
        members.set(key, { name, offset: header.byteOffset, length: lengthOf(header, shard, name), label });
        entry.resume();
      } else {
        entry.resume();
      }
    }
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof InvalidInputError) throw cause;
    throw new InvalidInputError(`The shard "${shard}" cannot be read: ${(cause as Error).message}`, {
      cause,
      hint: 'Copy it again, or make it again; compressed archives have to be unpacked to plain tar files.',
    });
  } finally {
    file.destroy();
  }
  for (const [key, label] of namedLabels) {
    const member = members.get(key);
    if (member === undefined) others.push(`${key}.cls`);
    else member.label = label;
  }
  if (members.size === 0) {
    throw new InvalidInputError(`The shard "${shard}" in "${root}" has no images`, {
      hint: 'Its members are to be called 000001.jpg (or .png, .webp, .gif, .avif) and 000001.cls, or <label>/000001.jpg.',
    });
  }
  return { members: [...members.values()], others };
}

/** A tar ends with zeros. One that was cut between two members reads like a whole one otherwise. */
async function refuseCutShort(root: string, shard: string) {
  const file = await open(join(root, shard)).catch((cause: Error) => {
    throw new InvalidInputError(`The shard "${shard}" cannot be read: ${cause.message}`, { cause });
  });
  try {
    const { size } = await file.stat();
    const end = Buffer.alloc(BLOCK, 1);
    await file.read(end, 0, BLOCK, Math.max(0, size - BLOCK));
    if (size >= 2 * BLOCK && end.every((byte) => byte === 0)) return;
  } finally {
    await file.close();
  }
  throw new InvalidInputError(`The shard "${shard}" in "${root}" is no whole tar file: its end is missing`, {
    hint: 'Copy it again, or make it again; compressed archives have to be unpacked to plain tar files.',
  });
}

function partsOf(name: string): { folder: string; stem: string; extension: string } {
  const folder = name.slice(0, name.lastIndexOf('/') + 1);
  const base = name.slice(folder.length);
  const dot = base.indexOf('.');
  return dot < 0
    ? { folder, stem: base, extension: '' }
    : { folder, stem: base.slice(0, dot), extension: base.slice(dot + 1).toLowerCase() };
}

async function readClass(
  content: AsyncIterable<unknown>,
  size: number,
  { shard, name }: { shard: string; name: string },
): Promise<string> {
  if (size > MOST_CLASS_BYTES) {
    throw refusal(shard, name, `its ${size} bytes are no class`, 'It is to have one class index or label.');
  }
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8').trim().normalize('NFC');
  if (text !== '') return text;
  throw refusal(shard, name, 'it is empty', 'It is to have one class index or label.');
}

/** A larger one is left out later, by its length: that is one byte more than an image may have. */
const lengthOf = (header: Header, shard: string, name: string): number => {
  if (Number.isSafeInteger(header.size) && header.size >= 0) {
    return Math.min(header.size, MAXIMUM_IMAGE_BYTES + 1);
  }
  throw refusal(shard, name, 'its length is no number', 'Make the shard again.');
};

function checkedLabel(shard: string, { name, label }: Member): string {
  if (label === undefined) {
    throw refusal(
      shard,
      name,
      'nothing says its class',
      'Add a member with the same name and the ending .cls, or put the images of each class into a folder with its name.',
    );
  }
  if (label.includes('/')) {
    throw refusal(
      shard,
      name,
      'its folder is nested, so that it is no label',
      'Use one folder for each class, or .cls members.',
    );
  }
  const checked = labelSchema.safeParse(label);
  if (checked.success) return label;
  const reasons = checked.error.issues.map((issue) => issue.message).join('; ');
  throw refusal(
    shard,
    name,
    `its class ${JSON.stringify(label)} cannot be a label: ${reasons}`,
    'Rename the class.',
  );
}

function refuseUnusable(root: string, labels: readonly string[]) {
  const pair = collidingLabels(labels);
  if (pair !== undefined) {
    const [one, other] = pair.map((label) => JSON.stringify(label));
    throw new InvalidInputError(
      `The classes ${one} and ${other} of the shards in "${root}" are the same but for upper and lower case or Unicode form`,
      { hint: 'Give both the same label, or rename one.' },
    );
  }
  if (labels.length >= 2) return;
  throw new InvalidInputError(`The shards in "${root}" have the single class "${labels[0]}"`, {
    hint: 'A classifier needs at least two classes.',
  });
}

const twice = (shard: string, name: string, other = name) =>
  refusal(
    shard,
    name,
    other === name ? 'it is there twice' : `it has the same stem as ${JSON.stringify(other)}`,
    'One image and one .cls with the same name up to the first dot make an example.',
  );

const refusal = (shard: string, name: string, what: string, hint: string) =>
  new InvalidInputError(
    `The member ${JSON.stringify(name)} of the shard "${shard}" cannot be used: ${what}`,
    {
      hint,
    },
  );
