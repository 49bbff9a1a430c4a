import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UNFINISHED } from '../../src/store/atomic-file.ts';
import { Collection } from '../../src/store/collection.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'local-aws-store-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('a collection', () => {
  it('finds its documents again when it is opened anew', () => {
    const before = new Collection<{ n: number }>(folder);
    before.put('one', { n: 1 });
    before.put('two', { n: 2 });
    before.put('two', { n: 22 });
    before.put('three', { n: 3 });
    before.delete('three');

    const after = new Collection<{ n: number }>(folder);

    expect(after.list()).toEqual([
      { key: 'one', value: { n: 1 } },
      { key: 'two', value: { n: 22 } },
    ]);
  });

  it('takes any key, and keeps different keys apart on a file system that ignores case', () => {
    const keys = [
      '../../etc/passwd',
      '..',
      '.hidden',
      'Ärger/…',
      'a',
      'A',
      '+a',
      '%41',
      '',
      'x'.repeat(5000),
      `${'x'.repeat(4999)}y`,
    ];
    const collection = new Collection<number>(folder);
    for (const [index, key] of keys.entries()) collection.put(key, index);

    const names = readdirSync(folder).map((name) => name.toLowerCase());
    const reopened = new Collection<number>(folder);

    expect(new Set(names).size).toBe(keys.length);
    expect(keys.map((key) => reopened.get(key))).toEqual(keys.map((_, index) => index));
  });

  it('lists by prefix in key order', () => {
    const collection = new Collection<number>(folder);
    for (const key of ['b/2', 'a/1', 'b/1']) collection.put(key, 0);

    expect(collection.keys('b/')).toEqual(['b/1', 'b/2']);
  });

  it('returns copies, so that nothing changes without a put', () => {
    const collection = new Collection<{ list: number[] }>(folder);
    const given = { list: [1] };
    collection.put('key', given);

    given.list.push(2);
    collection.get('key')?.list.push(3);

    expect(collection.get('key')).toEqual({ list: [1] });
  });

  it('ignores and removes a document that a kill left half-written', () => {
    new Collection<number>(folder).put('whole', 1);
    writeFileSync(join(folder, `whole.json.4711-1${UNFINISHED}`), '{"key":"who');

    const collection = new Collection<number>(folder);

    expect(collection.list()).toEqual([{ key: 'whole', value: 1 }]);
    expect(readdirSync(folder)).toEqual(['whole.json']);
  });

  it('names a damaged document instead of losing it', () => {
    writeFileSync(join(folder, 'broken.json'), '{"key":"broken","value"');

    expect(() => new Collection(folder)).toThrow(/broken\.json is damaged/);
  });
});
