import { expect, test } from 'vitest';
import { compilePattern } from '../../src/services/events/pattern.ts';

const EVENT = {
  source: 'aws.s3',
  'detail-type': 'Object Created',
  resources: ['arn:aws:s3:::models'],
  detail: {
    bucket: { name: 'models' },
    object: { key: 'orders/shoes/1/invoice.json', size: 512, etag: null },
    empty: [],
    tags: ['a', 'B'],
    parts: [
      { n: 1, ok: false },
      { n: 2, ok: true },
    ],
    ip: '10.0.0.7',
  },
};

test.each<[unknown, boolean]>([
  [{ source: ['aws.s3'] }, true],
  [{ source: ['aws.sqs', 'aws.s3'] }, true],
  [{ source: ['aws.S3'] }, false],
  [{ source: ['aws.s3'], region: ['x'] }, false],
  [{ resources: ['arn:aws:s3:::models'] }, true],
  [{ detail: { object: { size: [512] } } }, true],
  [{ detail: { object: { size: ['512'] } } }, false],
  [{ detail: { object: { etag: [null] } } }, true],
  [{ detail: { object: { key: [{ prefix: 'orders/' }] } } }, true],
  [{ detail: { object: { key: [{ prefix: { 'equals-ignore-case': 'ORDERS/' } }] } } }, true],
  [{ detail: { object: { key: [{ suffix: '.json' }] } } }, true],
  [{ detail: { object: { key: [{ suffix: { 'equals-ignore-case': '.JSON' } }] } } }, true],
  [{ detail: { object: { key: [{ wildcard: 'orders/*/invoice.json' }] } } }, true],
  [{ detail: { object: { key: [{ wildcard: 'orders/*/receipt.json' }] } } }, false],
  [{ detail: { object: { key: [{ wildcard: 'orders?shoes*' }] } } }, false],
  [{ detail: { object: { key: [{ 'equals-ignore-case': 'Orders/SHOES/1/invoice.json' }] } } }, true],
  [{ detail: { object: { size: [{ numeric: ['>', 0, '<=', 512] }] } } }, true],
  [{ detail: { object: { size: [{ numeric: ['<', 512] }] } } }, false],
  [{ detail: { object: { key: [{ numeric: ['>', 0] }] } } }, false],
  [{ detail: { object: { key: [{ exists: true }] } } }, true],
  [{ detail: { object: { 'version-id': [{ exists: false }] } } }, true],
  [{ detail: { nothing: { here: [{ exists: false }] } } }, true],
  [{ detail: { nothing: { here: [{ exists: true }] } } }, false],
  [{ detail: { object: [{ exists: true }] } }, false],
  [{ detail: { empty: [{ exists: false }] } }, true],
  [{ detail: { bucket: { name: [{ 'anything-but': 'data' }] } } }, true],
  [{ detail: { bucket: { name: [{ 'anything-but': ['data', 'models'] }] } } }, false],
  [{ detail: { bucket: { name: [{ 'anything-but': { prefix: 'mod' } }] } } }, false],
  [{ detail: { bucket: { name: [{ 'anything-but': { suffix: ['x', 'y'] } }] } } }, true],
  [{ detail: { bucket: { name: [{ 'anything-but': { wildcard: 'm*s' } }] } } }, false],
  [{ detail: { bucket: { name: [{ 'anything-but': { 'equals-ignore-case': ['MODELS'] } }] } } }, false],
  [{ detail: { none: [{ 'anything-but': 'data' }] } }, false],
  [{ detail: { object: { size: [{ 'anything-but': [1, 2] }] } } }, true],
  [{ detail: { tags: ['B'] } }, true],
  [{ detail: { tags: ['b', 'c'] } }, false],
  [{ detail: { parts: { n: [2], ok: [true] } } }, true],
  [{ detail: { parts: { n: [1], ok: [true] } } }, false],
  [{ detail: { ip: [{ cidr: '10.0.0.0/24' }] } }, true],
  [{ detail: { ip: [{ cidr: '10.0.1.0/24' }] } }, false],
  [{ $or: [{ source: ['x'] }, { detail: { bucket: { name: ['models'] } } }] }, true],
  [{ source: ['aws.s3'], detail: { $or: [{ ip: ['1.1.1.1'] }, { tags: ['z'] }] } }, false],
])('%j: %s', (pattern, matches) => {
  expect(compilePattern(pattern)(EVENT)).toBe(matches);
});

test('a wildcard can be escaped', () => {
  const matches = compilePattern({ name: [{ wildcard: 'a\\*b\\\\*' }] });
  expect(matches({ name: 'a*b\\c' })).toBe(true);
  expect(matches({ name: 'axb\\c' })).toBe(false);
});

test.each([
  [[], /no JSON object/],
  [{}, /at least one field/],
  [{ source: 'aws.s3' }, /"source" must be an object or an array/],
  [{ detail: { a: [] } }, /"detail.a" is an empty array/],
  [{ a: [{ like: 'x' }] }, /"like" is no comparison operator/],
  [{ a: [{ prefix: 1 }] }, /prefix takes a string/],
  [{ a: [{ prefix: 'x', suffix: 'y' }] }, /one operator/],
  [{ a: [{ numeric: ['!', 1] }] }, /numeric takes/],
  [{ a: [{ exists: 'yes' }] }, /exists takes true or false/],
  [{ a: [{ wildcard: 'a**b' }] }, /consecutive wildcard/],
  [{ a: [{ cidr: 'here' }] }, /no CIDR block/],
  [{ $or: [{ a: [1] }] }, /two or more/],
])('refuses %j', (pattern, message) => {
  expect(() => compilePattern(pattern)).toThrow(message);
});
