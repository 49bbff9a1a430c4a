import { expect, test } from 'vitest';
import { policyAllows } from '../src/services/resource-policy.ts';

const CALL = {
  principal: 'events.amazonaws.com',
  action: 'sqs:SendMessage',
  resource: 'arn:aws:sqs:eu-central-1:000000000000:q',
  sourceArn: 'arn:aws:events:eu-central-1:000000000000:rule/r',
  sourceAccount: '000000000000',
};
const ALLOW = {
  Effect: 'Allow',
  Principal: { Service: 'events.amazonaws.com' },
  Action: 'sqs:SendMessage',
  Resource: CALL.resource,
};
const allows = (...statements: unknown[]) => policyAllows(JSON.stringify({ Statement: statements }), CALL);

test.each<[string, boolean, unknown]>([
  ['the very call', true, ALLOW],
  ['wildcards', true, { ...ALLOW, Action: ['sqs:Send*'], Resource: '*' }],
  ['everyone', true, { ...ALLOW, Principal: '*' }],
  ['another service', false, { ...ALLOW, Principal: { Service: ['sns.amazonaws.com'] } }],
  ['another action', false, { ...ALLOW, Action: 'sqs:ReceiveMessage' }],
  ['another resource', false, { ...ALLOW, Resource: `${CALL.resource}2` }],
  ['its source', true, { ...ALLOW, Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:events:*:rule/*' } } }],
  [
    'another source',
    false,
    { ...ALLOW, Condition: { ArnEquals: { 'AWS:SourceArn': `${CALL.sourceArn}x` } } },
  ],
  ['its account', true, { ...ALLOW, Condition: { StringEquals: { 'aws:SourceAccount': '000000000000' } } }],
  [
    'a condition that is not emulated',
    false,
    { ...ALLOW, Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } },
  ],
])('a statement for %s: %s', (_, allowed, statement) => {
  expect(allows(statement)).toBe(allowed);
});

test('a denial outweighs, also under a condition that is not emulated', () => {
  const deny = { ...ALLOW, Effect: 'Deny', Principal: '*', Action: 'sqs:*' };
  expect(allows(ALLOW, deny)).toBe(false);
  expect(allows(ALLOW, { ...deny, Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } })).toBe(false);
  expect(allows(ALLOW, { ...deny, Condition: { Bool: { 'aws:SecureTransport': 'false' } } })).toBe(true);
});

test('no policy allows nothing', () => {
  expect(policyAllows(undefined, CALL)).toBe(false);
  expect(policyAllows('', CALL)).toBe(false);
});
