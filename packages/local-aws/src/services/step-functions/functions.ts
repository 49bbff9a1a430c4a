import { createHash, randomUUID } from 'node:crypto';
import { type Json, typeName } from './json.ts';

/** Most elements that `$range` makes; AWS's limit is the size of the result. */
const LONGEST_RANGE = 100_000;

const HASHES: Record<string, string> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

/**
 * What Step Functions adds to JSONata, and `$eval`, which it takes away.
 * https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
 *
 * @param random uniform in [0, 1)
 */
export function stepFunctionsFunctions(
  random: () => number,
): Record<string, (...values: never[]) => unknown> {
  return {
    partition,
    range,
    hash,
    random: (seed?: unknown) => (seed === undefined ? random() : seeded(numberOf('random', 'seed', seed))),
    uuid: () => randomUUID(),
    parse,
    eval: () => {
      throw failure('$eval', 'is not supported: use $parse to read JSON');
    },
  };
}

/** `$partition([1, 2, 3], 2)` → `[[1, 2], [3]]` */
function partition(array: unknown, size: unknown): Json[] | undefined {
  if (array === undefined) return undefined;
  const items = (Array.isArray(array) ? array : [array]) as Json[];
  const step = Math.floor(numberOf('partition', 'size', size));
  if (step < 1) throw failure('$partition', 'needs a size of at least 1');
  const parts: Json[] = [];
  for (let from = 0; from < items.length; from += step) parts.push(items.slice(from, from + step));
  return parts;
}

/**
 * `$range(0, 10, 5)` → `[0, 5, 10]`. A single number comes without an array, like every JSONata sequence of
 * one.
 */
function range(start: unknown, end: unknown, delta: unknown): unknown {
  const [first, last, step] = [
    numberOf('range', 'start', start),
    numberOf('range', 'end', end),
    numberOf('range', 'step', delta),
  ];
  if (step === 0) throw failure('$range', 'needs a step other than 0');
  const count = Math.max(0, Math.floor((last - first) / step) + 1);
  if (count > LONGEST_RANGE) throw failure('$range', `would make ${count} numbers`);
  const numbers = Array.from({ length: count }, (_, position) => first + position * step);
  return count === 1 ? numbers[0] : numbers;
}

/** `$hash('text', 'SHA-256')` in hexadecimal. */
function hash(text: unknown, algorithm: unknown): string | undefined {
  if (text === undefined) return undefined;
  const name = HASHES[String(algorithm)];
  if (!name) throw failure('$hash', `knows ${Object.keys(HASHES).join(', ')}, not ${String(algorithm)}`);
  return createHash(name)
    .update(typeof text === 'string' ? text : JSON.stringify(text))
    .digest('hex');
}

/** `$parse('{"a": 1}')`: JSON text to value. */
function parse(text: unknown): unknown {
  if (text === undefined) return undefined;
  if (typeof text !== 'string') throw failure('$parse', `needs a string, not ${typeName(text)}`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw failure('$parse', (error as Error).message);
  }
}

/** Uniform in [0, 1) and the same for the same seed, though not AWS's number. */
function seeded(seed: number): number {
  return createHash('sha256').update(String(seed)).digest().readUIntBE(0, 6) / 2 ** 48;
}

function numberOf(name: string, argument: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw failure(`$${name}`, `needs a number as its ${argument}`);
}

/**
 * Has the form of JSONata's own errors. D3137 is the code of `$error`, whose message JSONata does not
 * replace.
 */
function failure(name: string, message: string): Error {
  return Object.assign(new Error(`${name} ${message}`), { code: 'D3137' });
}
