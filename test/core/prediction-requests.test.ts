import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { IMAGE_TYPES } from '#core/image-files.ts';
import { maximumBodyBytes, requestType } from '#core/prediction-requests.ts';

test.each([
  ['image/png', 'image/png'],
  ['Image/WebP', 'image/webp'],
  [' application/json ; charset=utf-8', 'application/json'],
])('the content type %j is %s', (header, type) => {
  expect(requestType(header)).toBe(type);
});

test.each([
  [
    'text/plain',
    'The content type is "text/plain": send one of image/png, image/jpeg, image/webp, image/gif, image/avif, application/json',
  ],
  ['image/heic', /"image\/heic"/],
  ['', /is missing/],
  [undefined, /is missing/],
])('refuses the content type %j with 415', (header, message) => {
  expect(() => requestType(header)).toThrow(expect.objectContaining({ status: 415 }));
  expect(() => requestType(header)).toThrow(message);
});

test('an endpoint on instances takes larger bodies than a serverless one', () => {
  expect(maximumBodyBytes('serverless')).toBe(4 * 1024 * 1024);
  expect(maximumBodyBytes('instances')).toBe(6 * 1024 * 1024);
});

test('API Gateway hands on the bytes of each type of image', () => {
  const [, list] = /binaryMediaTypes:\n((?: +- .*\n)+)/.exec(readFileSync('serverless.yml', 'utf8'))!;

  expect(list!.trim().split(/\s*- /).filter(Boolean)).toEqual(IMAGE_TYPES);
});
