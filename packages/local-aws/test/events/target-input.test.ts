import { expect, test } from 'vitest';
import type { Target } from '../../src/services/events/rules.ts';
import { type BridgeEvent, targetInput } from '../../src/services/events/target-input.ts';

const EVENT: BridgeEvent = {
  version: '0',
  id: 'id-1',
  'detail-type': 'Kind',
  source: 'mine',
  account: '000000000000',
  time: '2026-11-23T00:00:00Z',
  region: 'eu-central-1',
  resources: [],
  detail: { name: 'a "quoted" name', list: [{ n: 1 }], 'with-dash': 2 },
};
const RULE = { name: 'rule', arn: 'arn:aws:events:eu-central-1:000000000000:rule/rule' };
const input = (target: Partial<Target>) => targetInput(target as Target, EVENT, RULE, 0);

test('is the whole event when nothing is said', () => {
  expect(JSON.parse(input({}))).toEqual(EVENT);
});

test('is a constant', () => {
  expect(input({ Input: '{"a": 1}' })).toBe('{"a": 1}');
});

test.each([
  ['$.detail.list[0].n', '1'],
  ["$.detail['with-dash']", '2'],
  ['$.detail-type', '"Kind"'],
])('is the part at %s', (InputPath, expected) => {
  expect(input({ InputPath })).toBe(expected);
});

test('is a template: JSON outside quotes, text inside, also of the names that EventBridge knows', () => {
  const text = input({
    InputTransformer: {
      InputPathsMap: { name: '$.detail.name', list: '$.detail.list', none: '$.detail.none' },
      InputTemplate:
        '{"name": <name>, "list": <list>, "text": "<name> in <list><none>", "rule": "<aws.events.rule-name>", "kept": "<unknown>"}',
    },
  });
  expect(JSON.parse(text)).toEqual({
    name: 'a "quoted" name',
    list: [{ n: 1 }],
    text: 'a "quoted" name in [{"n":1}]',
    rule: 'rule',
    kept: '<unknown>',
  });
});
