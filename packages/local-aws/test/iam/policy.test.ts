import { describe, expect, it } from 'vitest';
import { evaluate, parsePolicy } from '../../src/services/iam/policy.ts';

const ask = (action: string, resource: string | undefined, context: Record<string, string> = {}) => ({
  action,
  resource,
  context,
});
const policy = (...Statement: unknown[]) => parsePolicy({ Version: '2012-10-17', Statement }, 'the policy');
const allow = (others: object) => ({ Effect: 'Allow', Action: '*', Resource: '*', ...others });

describe('evaluating a policy', () => {
  it.each([
    ['s3:GetObject', 's3:GetObject', true],
    ['S3:getobject', 's3:GetObject', true],
    ['s3:Get*', 's3:GetObject', true],
    ['s3:Get?bject', 's3:GetObject', true],
    ['s3:*', 'sqs:SendMessage', false],
    ['s3:Get', 's3:GetObject', false],
    ['*', 'anything:AtAll', true],
  ])('matches the action pattern %s with %s: %s', (pattern, action, allowed) => {
    expect(evaluate(policy(allow({ Action: pattern })), ask(action, 'arn:x')) === 'allowed').toBe(allowed);
  });

  it.each([
    ['arn:aws:s3:::bucket/*', 'arn:aws:s3:::bucket/a/b', true],
    ['arn:aws:s3:::bucket/*', 'arn:aws:s3:::bucket', false],
    ['arn:aws:s3:::Bucket/*', 'arn:aws:s3:::bucket/a', false],
    ['arn:aws:s3:::buck.t/*', 'arn:aws:s3:::bucket/a', false],
    ['*', 'arn:aws:s3:::bucket', true],
  ])('matches the resource pattern %s with %s: %s', (pattern, resource, allowed) => {
    const decision = evaluate(policy(allow({ Resource: pattern })), ask('s3:GetObject', resource));

    expect(decision === 'allowed').toBe(allowed);
  });

  it('lets a denial win over every allowance', () => {
    const statements = policy(allow({}), { Effect: 'Deny', Action: 's3:Delete*', Resource: '*' });

    expect(evaluate(statements, ask('s3:DeleteObject', 'arn:x'))).toBe('denied explicitly');
    expect(evaluate(statements, ask('s3:GetObject', 'arn:x'))).toBe('allowed');
    expect(evaluate([], ask('s3:GetObject', 'arn:x'))).toBe('not allowed');
  });

  it('reads NotAction and NotResource', () => {
    const statements = policy({
      Effect: 'Allow',
      NotAction: 'iam:*',
      NotResource: ['arn:secret', 'arn:hidden'],
    });

    expect(evaluate(statements, ask('s3:GetObject', 'arn:x'))).toBe('allowed');
    expect(evaluate(statements, ask('iam:PassRole', 'arn:x'))).toBe('not allowed');
    expect(evaluate(statements, ask('s3:GetObject', 'arn:hidden'))).toBe('not allowed');
  });

  it('counts the action alone where the resource is unknown', () => {
    const statements = policy(allow({ Action: 'states:SendTaskSuccess', Resource: 'arn:one' }));

    expect(evaluate(statements, ask('states:SendTaskSuccess', undefined))).toBe('allowed');
    expect(evaluate(statements, ask('states:SendTaskFailure', undefined))).toBe('not allowed');
  });

  const prefix = { 's3:prefix': 'home/me/' };
  it.each([
    [{ StringEquals: { 's3:prefix': ['a', 'home/me/'] } }, prefix, true],
    [{ StringEquals: { 's3:prefix': 'a' } }, prefix, false],
    [{ StringEquals: { 'S3:Prefix': 'home/me/' } }, prefix, true],
    [{ StringEquals: { 's3:prefix': 'a' } }, {}, false],
    [{ StringEqualsIfExists: { 's3:prefix': 'a' } }, {}, true],
    [{ StringNotEquals: { 's3:prefix': ['a', 'b'] } }, prefix, true],
    [{ StringNotEquals: { 's3:prefix': ['a', 'home/me/'] } }, prefix, false],
    [{ StringLike: { 's3:prefix': 'home/*' } }, prefix, true],
    [{ StringNotLike: { 's3:prefix': 'home/*' } }, prefix, false],
    [{ Bool: { 'aws:SecureTransport': false } }, { 'aws:securetransport': 'true' }, false],
    [{ Null: { 's3:prefix': true } }, {}, true],
    [{ Null: { 's3:prefix': 'true' } }, prefix, false],
    [{ NumericLessThan: { 's3:max-keys': 10 } }, { 's3:max-keys': '9' }, true],
    [{ NumericLessThan: { 's3:max-keys': 10 } }, { 's3:max-keys': '10' }, false],
    [
      { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/a*' } },
      { 'aws:principalarn': 'arn:aws:iam::1:role/ab' },
      true,
    ],
    [{ StringEquals: { 's3:prefix': 'home/me/' }, Null: { 's3:delimiter': false } }, prefix, false],
  ])('holds the condition %j of %j: %s', (Condition, context, allowed) => {
    const decision = evaluate(
      policy(allow({ Condition })),
      ask('s3:ListBucket', 'arn:x', context as Record<string, string>),
    );

    expect(decision === 'allowed').toBe(allowed);
  });

  it.each([
    [
      'an unknown operator',
      allow({ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }),
      /IpAddress/,
    ],
    [
      'an operator over sets',
      allow({ Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': 'a' } } }),
      /ForAllValues/,
    ],
    ['an unknown key', allow({ Condition: { StringEquals: { 'aws:SourceVpc': 'v' } } }), /aws:SourceVpc/],
    ['no action', { Effect: 'Allow', Resource: '*' }, /Action or NotAction/],
    ['two kinds of resource', allow({ NotResource: '*' }), /Resource or NotResource/],
    ['a principal', allow({ Principal: '*' }), /Principal/],
    ['another effect', allow({ Effect: 'Maybe' }), /Effect/],
  ])('refuses %s by name', (_what, statement, message) => {
    expect(() => policy(statement)).toThrow(message);
  });

  it('takes unknown keys where the action belongs to a service that is not here', () => {
    const Condition = { StringLike: { 'ecr:ResourceTag/stage': 'dev*' } };

    expect(policy(allow({ Action: 'ecr:BatchGetImage', Condition }))).toHaveLength(1);
  });
});
