import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHost, type Host } from '../../src/host.ts';
import { allServices } from '../../src/services/index.ts';
import { type ModelConstraints, violationsOf } from '../../src/wire/constraints.ts';

const model: ModelConstraints = {
  operations: { Make: 'Make', Other: null },
  shapes: {
    Make: {
      members: { Name: 'Name', Count: 'Count', Tags: 'Tags', Kind: 'Kind', Inner: 'Inner', Set: 'Set' },
    },
    Name: { min: 2, max: 5, pattern: '[a-z]+' },
    Count: { min: 1, max: 10 },
    Tags: { max: 1, item: 'Tag' },
    Tag: { members: { Key: 'Name' } },
    Kind: { enum: ['A', 'B'] },
    Inner: { members: { Name: 'Name' } },
    Set: { key: 'Name', value: 'Kind' },
  },
};
const of = (input: object) => violationsOf(model, 'Make', input);

describe('the constraints of a model', () => {
  it('let through what they allow, and what is not there', () => {
    const input = { Name: 'abc', Count: 10, Tags: [{ Key: 'ab' }], Kind: 'B', Inner: {}, Set: { ab: 'A' } };
    expect(of(input)).toBeUndefined();
    expect(of({})).toBeUndefined();
    expect(violationsOf(model, 'Other', { Name: '' })).toBeUndefined();
  });

  it.each([
    [
      { Name: 'a' },
      "Value 'a' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 2",
    ],
    [
      { Count: 0 },
      "Value '0' at 'count' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ],
    [
      { Count: 11 },
      "Value '11' at 'count' failed to satisfy constraint: Member must have value less than or equal to 10",
    ],
    [
      { Kind: 'C' },
      "Value 'C' at 'kind' failed to satisfy constraint: Member must satisfy enum value set: [A, B]",
    ],
    // The whole value has to match, not a part of it.
    [
      { Name: 'ab1' },
      "Value 'ab1' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-z]+",
    ],
    [
      { Inner: { Name: 'A0' } },
      "Value 'A0' at 'inner.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-z]+",
    ],
    [
      { Tags: [{ Key: '' }] },
      "Value '' at 'tags.1.member.key' failed to satisfy constraint: Member must have length greater than or equal to 2",
    ],
    [
      { Set: { ab: 'C' } },
      "Value 'C' at 'set.ab' failed to satisfy constraint: Member must satisfy enum value set: [A, B]",
    ],
    [
      { Set: { abcdef: 'A' } },
      "Value 'abcdef' at 'set.key' failed to satisfy constraint: Member must have length less than or equal to 5",
    ],
  ])('name what %j does wrong', (input, message) => {
    expect(of(input)).toBe(`1 validation error detected: ${message}`);
  });

  it('name everything at once, without the text of a long value', () => {
    expect(of({ Name: 'x'.repeat(500), Count: 0 })).toBe(
      "2 validation errors detected: Value at 'name' failed to satisfy constraint: Member must have length less than or equal to 5; " +
        "Value '0' at 'count' failed to satisfy constraint: Member must have value greater than or equal to 1",
    );
  });
});

describe('the services', () => {
  let local: Host;
  let state: string;
  beforeAll(async () => {
    state = mkdtempSync(join(tmpdir(), 'local-aws-constraints-'));
    local = await createHost({ services: allServices(), state, port: 0 });
  });
  afterAll(async () => {
    await local.stop();
    rmSync(state, { recursive: true, force: true });
  });
  const limited = () => local.services.all().filter(({ constraints }) => constraints !== undefined);

  it('have the constraints of every operation (packages/local-aws/scripts/model-constraints.ts writes them)', () => {
    expect(limited().length).toBeGreaterThan(7);
    for (const { operations, constraints } of limited()) {
      expect(Object.keys(constraints?.operations ?? {})).toEqual(
        expect.arrayContaining(Object.keys(operations)),
      );
    }
  });

  it('have patterns that can be matched, and no shape without its parts', () => {
    for (const { constraints } of limited()) {
      const { operations, shapes } = constraints as ModelConstraints;
      const named = Object.values(shapes).flatMap(({ members = {}, item, key, value }) => [
        ...Object.values(members),
        ...[item, key, value].filter((name) => name !== undefined),
      ]);
      for (const name of [...named, ...Object.values(operations).filter((name) => name !== null)]) {
        expect(shapes).toHaveProperty([name]);
      }
      for (const [name, { pattern }] of Object.entries(shapes)) {
        if (pattern === undefined) continue;
        const one: ModelConstraints = {
          operations: { Ask: 'Ask' },
          shapes: { Ask: { members: { It: name } }, [name]: { pattern } },
        };
        expect(() => violationsOf(one, 'Ask', { It: 'x' })).not.toThrow();
      }
    }
  });

  it.each([
    ['sagemaker', 'ListEndpoints', { StatusEquals: 'Broken' }, 'ValidationException', "at 'statusEquals'"],
    ['sagemaker', 'ListTrainingJobs', { SortBy: 'Colour' }, 'ValidationException', "at 'sortBy'"],
    ['sagemaker', 'ListModels', { SortOrder: 'Up' }, 'ValidationException', "at 'sortOrder'"],
    [
      'sagemaker',
      'ListModelPackages',
      { ModelApprovalStatus: 'Fine' },
      'ValidationException',
      "at 'modelApprovalStatus'",
    ],
    ['sagemaker', 'DescribeEndpoint', { EndpointName: '-' }, 'ValidationException', "at 'endpointName'"],
    ['sagemaker', 'InvokeEndpoint', { EndpointName: '-', Body: 'x' }, 'ValidationError', "at 'endpointName'"],
    ['states', 'ListExecutions', { statusFilter: 'BROKEN' }, 'ValidationException', "at 'statusFilter'"],
    [
      'states',
      'DescribeExecution',
      { executionArn: 'a', includedData: 'SOME' },
      'ValidationException',
      "at 'includedData'",
    ],
    [
      'lambda',
      'Invoke',
      { FunctionName: 'f', InvocationType: 'Later' },
      'ValidationException',
      "at 'invocationType'",
    ],
    [
      'sts',
      'AssumeRole',
      { RoleArn: `arn:aws:iam::000000000000:role/r`, RoleSessionName: 's1', DurationSeconds: 60 },
      'ValidationError',
      "at 'durationSeconds'",
    ],
    [
      'sts',
      'AssumeRole',
      { RoleArn: `arn:aws:iam::000000000000:role/r`, RoleSessionName: 'a b' },
      'ValidationError',
      "at 'roleSessionName'",
    ],
    [
      'logs',
      'DescribeLogStreams',
      { logGroupName: 'g', orderBy: 'Size' },
      'InvalidParameterException',
      "at 'orderBy'",
    ],
    ['monitoring', 'DescribeAlarms', { StateValue: 'FINE' }, 'ValidationError', "at 'stateValue'"],
    ['events', 'ListRules', { Limit: 0 }, 'ValidationException', "at 'limit'"],
  ])('%s refuses %s with %j', async (service, operation, input, code, where) => {
    await expect(local.world.call(service, operation, input)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(where),
    });
  });
});
