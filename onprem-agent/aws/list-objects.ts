import { Readable } from 'node:stream';
import { ListObjectsV2Command, type ListObjectsV2CommandInput } from '@aws-sdk/client-s3';
import { forEachBounded } from '#core/bounded.ts';
import type { S3 } from '../upload/persistence.ts';
import { explained } from './explain.ts';

/** What a listing says of an object. */
export type OnObject = (key: string, size: number, etag: string) => void;

/** Ranges that are listed at once, and into how many a prefix is divided at most. */
const PARALLEL = 16;
const MOST_RANGES = 64;

/** Keys below a prefix, later than `after` and not later than `upTo` in S3's order. */
export interface KeyRange {
  prefix: string;
  after?: string;
  upTo?: string;
}

/**
 * Divides a prefix, so that its pages can be fetched at once. All its keys are in exactly one of the ranges.
 *
 * @param names folders below the prefix, between which it is divided; none of them need be there
 */
export function rangesOf(prefix: string, names: readonly string[]): KeyRange[] {
  const sorted = names.map((name) => prefix + name).sort(compareKeys);
  const each = Math.max(1, Math.ceil(sorted.length / MOST_RANGES));
  const borders = sorted.filter((_, index) => index > 0 && index % each === 0);
  return [undefined, ...borders].map((after, index) => {
    const upTo = borders[index];
    return { prefix, ...(after === undefined ? {} : { after }), ...(upTo === undefined ? {} : { upTo }) };
  });
}

/** S3 compares the bytes of keys in UTF-8, JavaScript those in UTF-16. */
const compareKeys = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/**
 * Lists all objects of some ranges, several ranges at once, each in S3's order.
 *
 * The SDK's parser makes an object of every entry, 15 ms for a page of a thousand, most of the time of a
 * large listing. So the entries are cut out of the answer before it sees the rest.
 */
export async function listObjects(
  s3: S3,
  { bucket, ranges }: { bucket: string; ranges: readonly KeyRange[] },
  onObject: OnObject,
  signal: AbortSignal,
): Promise<void> {
  await forEachBounded(ranges, PARALLEL, async ({ prefix, after, upTo }) => {
    const end = upTo === undefined ? undefined : Buffer.from(upTo);
    let token: string | undefined;
    let isOver = false;
    const isBeyond = (key: string) => end !== undefined && Buffer.compare(Buffer.from(key), end) > 0;
    const take = (entries: readonly Parameters<OnObject>[]) => {
      // Keys are in order: where the last one belongs to the range, all of a page do.
      isOver = entries.length > 0 && isBeyond(entries.at(-1)![0]);
      for (const [key, size, etag] of entries) if (!isOver || !isBeyond(key)) onObject(key, size, etag);
    };
    do {
      const from = token !== undefined ? { ContinuationToken: token } : after ? { StartAfter: after } : {};
      const page = await explained(`list s3://${bucket}/${prefix}`, () => {
        // The entries are taken when the whole page is there, since a broken one is fetched again.
        const entries: Parameters<OnObject>[] = [];
        const command = pageCommand({ Bucket: bucket, Prefix: prefix, ...from }, entries);
        return s3.send(command, { abortSignal: signal }).then((answer) => {
          take(entries);
          return answer;
        });
      });
      token = page.NextContinuationToken;
    } while (token !== undefined && !isOver);
  });
}

function pageCommand(
  input: ListObjectsV2CommandInput,
  entries: Parameters<OnObject>[],
): ListObjectsV2Command {
  // Keys are then plain ASCII, without anything that XML escapes.
  const command = new ListObjectsV2Command({ ...input, EncodingType: 'url' });
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as { statusCode: number; body: AsyncIterable<Uint8Array> };
      if (response.statusCode !== 200) return result;
      const chunks: Uint8Array[] = [];
      for await (const chunk of response.body) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString('utf8');
      entries.length = 0;
      const rest = cutEntries(text, (...entry) => void entries.push(entry));
      Object.assign(response, { body: Readable.from([Buffer.from(rest)]) });
      return result;
    },
    // Low priority: before the answer is parsed.
    { step: 'deserialize', name: 'graftCutEntries', priority: 'low' },
  );
  return command;
}

const [OPEN, CLOSE] = ['<Contents>', '</Contents>'];

/** @returns the document without its entries */
export function cutEntries(text: string, onObject: OnObject): string {
  let rest = '';
  let at = 0;
  for (;;) {
    const from = text.indexOf(OPEN, at);
    if (from < 0) return rest + text.slice(at);
    const to = text.indexOf(CLOSE, from);
    if (to < 0) return rest + text.slice(at);
    rest += text.slice(at, from);
    at = to + CLOSE.length;
    const key = textOf(text, 'Key', from);
    onObject(decodeKey(key), Number(textOf(text, 'Size', from)), unescaped(textOf(text, 'ETag', from)));
  }
}

/** The text of the first element of that name behind a place. */
function textOf(text: string, name: string, at: number): string {
  const from = text.indexOf(`<${name}>`, at) + name.length + 2;
  return text.slice(from, text.indexOf('<', from));
}

const decodeKey = (text: string): string =>
  text.includes('%') || text.includes('+') ? decodeURIComponent(text.replaceAll('+', ' ')) : text;

const unescaped = (etag: string): string => etag.replaceAll('&quot;', '').replaceAll('"', '');
