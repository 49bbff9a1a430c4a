import { describe, expect, test } from 'vitest';
import { nameSchema } from '#core/contracts/common.ts';
import { endpointConfigName, endpointName, executionName, modelName, trainingJobName } from '#core/names.ts';

const sagemakerName = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;
const longest = 'a'.repeat(30);
/** With the longest name of a stage. */
const prefix = `graft-${'s'.repeat(16)}`;
const version = '20261123T154200Z-3f2a9c';

describe('derived names', () => {
  test.each([
    ['an ordinary job', trainingJobName(prefix, executionName('icons', version), 'produce', 'transfer')],
    ['the longest job', trainingJobName(prefix, 'x'.repeat(80), longest, 'baseline')],
    ['an execution of any characters', trainingJobName(prefix, 'übung {1} «»', 'produce', 'transfer')],
    ['a model', modelName(prefix, longest, 'j'.repeat(63), '"d41d8cd98f00b204e9800998ecf8427e-12"')],
    ['a configuration', endpointConfigName(prefix, longest, JSON.stringify({ any: 'content', é: [1, 2] }))],
    [
      'parts that end where names are cut',
      trainingJobName(prefix, `${'-'.repeat(60)}x`, longest, 'transfer'),
    ],
    ['an endpoint', endpointName(prefix, longest)],
  ])('%s fits into SageMaker: %s', (_what, name) => {
    expect(name).toMatch(sagemakerName);
    // What policies and event rules are limited to.
    expect(name.startsWith(`${prefix}-`)).toBe(true);
    // So that it does not matter whether the ARN that IAM compares with is in lower case.
    expect(name).toBe(name.toLowerCase());
  });

  test('of two deployments in one account differ in all that SageMaker has one space of names for', () => {
    const names = (stage: string) => [
      trainingJobName(`graft-${stage}`, executionName('icons', version), 'produce', 'transfer'),
      modelName(`graft-${stage}`, 'produce', 'job', 'etag'),
      endpointConfigName(`graft-${stage}`, 'produce', '{}'),
      endpointName(`graft-${stage}`, 'produce'),
    ];
    for (const name of names('dev')) expect(name).toMatch(/^graft-dev-/);
    expect(names('prod').filter((name) => names('dev').includes(name))).toEqual([]);
  });

  test('parts that differ only in upper and lower case give different names', () => {
    const job = (execution: string) => trainingJobName(prefix, execution, 'produce', 'transfer');
    expect(job('Run')).not.toBe(job('run'));
  });

  test('an execution’s name is a name for Step Functions, of at most 80 characters', () => {
    const name = executionName(longest, version);
    expect(name).toMatch(/^[A-Za-z0-9-]{1,80}$/);
    expect(name).toBe(executionName(longest, version));
  });

  test('different parts never give one name, however much is cut and wherever the parts end', () => {
    const parts = ['a', 'b', 'a-b', 'b-a', 'a-b-a', 'x'.repeat(70), `${'x'.repeat(70)}y`, 'é', 'è'];
    const names = new Set<string>();
    let count = 0;
    for (const execution of parts) {
      for (const domain of parts) {
        for (const mode of ['transfer', 'baseline']) {
          names.add(trainingJobName(prefix, execution, domain, mode));
          count++;
        }
      }
    }
    expect(names.size).toBe(count);
  });

  test('endpoints of different domains differ: no domain’s name begins or ends with a hyphen', () => {
    for (const name of ['-a', 'a-', 'a--b', 'A', 'a_b', 'a/b', '', 'a'.repeat(31), 'ä', '../a']) {
      expect(nameSchema.safeParse(name).success, name).toBe(false);
    }
    for (const name of ['a', 'a-b', '0', 'produce-2', longest]) {
      expect(nameSchema.safeParse(name).success, name).toBe(true);
    }
  });
});
