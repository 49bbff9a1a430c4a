import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { parseProperties } from '../../src/template/properties.ts';

const schema = z.strictObject({
  flag: z.boolean().optional(),
  count: z.number().int().optional(),
  text: z.string().optional(),
  list: z.array(z.strictObject({ flag: z.boolean() })).optional(),
  map: z.record(z.string(), z.string()).optional(),
  anything: z.unknown().optional(),
});

describe('properties of a resource', () => {
  it.each([
    [{ flag: 'false' }, { flag: false }],
    [{ flag: 'true' }, { flag: true }],
    [{ count: '300' }, { count: 300 }],
    [{ text: 5 }, { text: '5' }],
    [{ text: false }, { text: 'false' }],
    [{ list: [{ flag: 'false' }, { flag: 'true' }] }, { list: [{ flag: false }, { flag: true }] }],
    [{ map: { a: 1, b: true } }, { map: { a: '1', b: 'true' } }],
    [{ anything: { flag: 'false' } }, { anything: { flag: 'false' } }],
  ])('%j are read as CloudFormation reads them', (given, expected) => {
    const before = structuredClone(given);

    expect(parseProperties(schema, given, 'it')).toEqual(expected);
    expect(given).toEqual(before);
  });

  it.each([
    [{ flag: 'no' }, /flag/],
    [{ flag: 1 }, /flag/],
    [{ flag: '' }, /flag/],
    [{ count: '' }, /count/],
    [{ count: '3.5' }, /count/],
    [{ count: true }, /count/],
    [{ text: ['a'] }, /text/],
    [{ other: 1 }, /other/],
  ])('%j are refused by name', (given, message) => {
    expect(() => parseProperties(schema, given, 'it')).toThrow(message);
  });
});
