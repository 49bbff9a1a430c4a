import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { generateSigningKeys } from '#core/signature.ts';
import {
  parseStageSettings,
  readStageSettings,
  refuseOtherVariables,
  variablesOf,
} from '../../scripts/stage-settings.ts';

const { publicKey } = generateSigningKeys();
const stolen = generateSigningKeys().publicKey;
const minimal = `region: eu-central-1\nsigningPublicKeys: [${publicKey}]\n`;

describe('a stage’s settings', () => {
  test('are what serverless.yml reads', () => {
    const revoked = `revokedSigningKeys: [{publicKey: ${stolen}, on: 2026-11-28, name: gpu 3}]\n`;
    const settings = parseStageSettings(
      `${minimal}${revoked}instancePrices: {ml.c5.xlarge: 0.245}`,
      'stages/dev.yml',
    );

    expect(variablesOf(settings)).toMatchObject({
      GRAFT_SIGNING_PUBLIC_KEYS: publicKey,
      GRAFT_REVOKED_SIGNING_KEYS: `${stolen} 2026-11-28 gpu 3`,
      GRAFT_INSTANCE_PRICES: '{"ml.c5.xlarge":0.245}',
    });
  });

  test('name every variable of serverless.yml that a person decides on', () => {
    const read = [...readFileSync('serverless.yml', 'utf8').matchAll(/\$\{env:(GRAFT_[A-Z_]+)/g)];
    const decided = new Set(read.map(([, name]) => name).filter((name) => name !== 'GRAFT_IMAGE_TAG'));

    expect(Object.keys(variablesOf(parseStageSettings(minimal, 'dev'))).sort()).toEqual([...decided].sort());
  });

  test('of the example are complete but for the key', () => {
    const example = readFileSync('stages/example.yml', 'utf8');
    expect(() => parseStageSettings(example, 'stages/example.yml')).toThrow(/signingPublicKeys\.0: expected/);

    const own = example
      .replace(/^ {2}- <.*>$/m, `  - ${publicKey}`)
      .replace(/^(# {3}- publicKey:) <.*>$/m, `$1 ${stolen}`)
      .replace(/^# (?= *(?:- )?[a-z][A-Za-z0-9.]*:( |$))/gm, '');
    expect(parseStageSettings(own, 'stages/example.yml')).toEqual({
      region: 'eu-central-1',
      signingPublicKeys: [publicKey],
      revokedSigningKeys: [{ publicKey: stolen, on: '2026-11-28', name: 'gpu-3' }],
      account: '123456789012',
      instancePrices: { 'ml.c5.xlarge': 0.245 },
      logDays: 30,
      trainingLogDays: 30,
      batchLogDays: 30,
      sharedEndpoint: { instanceType: 'ml.m5.xlarge', instanceCount: 2 },
      batches: { instanceType: 'ml.m5.2xlarge', instanceCount: 2 },
      tags: { team: 'vision' },
      monthlyBudget: 200,
      dashboard: true,
      kmsKeyArn: expect.stringContaining(':key/'),
      vpc: {
        subnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
        securityGroupIds: ['sg-0123456789abcdef0'],
      },
      api: {
        accessLogs: true,
        domain: 'images.example.com',
        certificateArn: expect.stringContaining(':certificate/'),
        webAclArn: expect.stringContaining(':regional/webacl/'),
        access: 'key',
        allowedOrigin: 'https://app.example.com',
      },
    });
  });

  test('leave their defaults to serverless.yml', () => {
    const { GRAFT_SIGNING_PUBLIC_KEYS, ...others } = variablesOf(parseStageSettings(minimal, 'dev'));
    expect(GRAFT_SIGNING_PUBLIC_KEYS).toBe(publicKey);
    for (const [name, value] of Object.entries(others)) expect(value, name).toBeUndefined();

    const tagged = parseStageSettings(`${minimal}tags: {team: vision, cost-center: "42"}`, 'dev');
    expect(variablesOf(tagged).GRAFT_TAGS).toBe('team=vision,cost-center=42');
  });

  test.each([
    ['a name that is not known', `${minimal}sigingPublicKeys: []`, /Unrecognized key: "sigingPublicKeys"/],
    ['no key at all', 'region: eu-central-1\nsigningPublicKeys: []', /would refuse every model/],
    [
      'a key that is trusted and revoked',
      `${minimal}revokedSigningKeys: [{publicKey: ${publicKey}, on: 2026-11-28, name: x}]`,
      /revokedSigningKeys\.0: key [0-9a-f]{16} is also in signingPublicKeys/,
    ],
    [
      'a day that is none',
      `${minimal}revokedSigningKeys: [{publicKey: ${stolen}, on: 28.11., name: x}]`,
      /revokedSigningKeys\.0\.on: expected a day/,
    ],
    ['a key of another kind', 'region: eu-central-1\nsigningPublicKeys: [MFkw]', /signingPublicKeys\.0/],
    ['a region that is none', minimal.replace('eu-central-1', 'Frankfurt'), /region: expected a region/],
    ['an account without quotation marks', `${minimal}account: 012345678901`, /account: .*quotation marks/],
    ['a misspelt instance type', `${minimal}instancePrices: {c5.xlarge: 1}`, /instancePrices\.c5\.xlarge/],
    ['days that CloudWatch does not know', `${minimal}logDays: 31`, /logDays: expected one of 1, 3/],
    ['a tag that would cut another short', `${minimal}tags: {team: "a,b=c"}`, /tags\.team: expected letters/],
    ['a tag of Graft’s', `${minimal}tags: {"graft:stage": prod}`, /aws: and graft: are taken/],
    [
      'more tags than a function’s environment holds',
      `${minimal}tags: {${Array.from({ length: 10 }, (_, i) => `t${i}: ${'x'.repeat(200)}`).join(', ')}}`,
      /tags: at most 2000 characters in all/,
    ],
    ['a host name without a certificate', `${minimal}api: {domain: a.example.com}`, /belong together/],
    [
      'a firewall of CloudFront',
      `${minimal}api: {webAclArn: "arn:aws:wafv2:us-east-1:123456789012:global/webacl/a/b"}`,
      /regional\/webacl/,
    ],
    [
      'a certificate of another region',
      `${minimal}api: {domain: a.example.com, certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/a"}`,
      /api\.certificateArn: is in us-east-1, the stage in eu-central-1/,
    ],
    [
      'a key of another region',
      `${minimal}kmsKeyArn: arn:aws:kms:us-east-1:123456789012:key/a`,
      /kmsKeyArn: is in us-east-1/,
    ],
    ['a VPC without security groups', `${minimal}vpc: {subnetIds: [subnet-0a]}`, /securityGroupIds/],
    ['text that is no YAML', 'region: [', /is not YAML/],
  ])('are refused with %s', (_, text, message) => {
    expect(() => parseStageSettings(text, 'stages/dev.yml')).toThrow(message);
  });

  test('have to be in the file: without it the error says how to make one', async () => {
    await expect(readStageSettings('stages/nowhere.yml')).rejects.toMatchObject({
      message: expect.stringContaining('There is no stages/nowhere.yml'),
      hint: expect.stringContaining('cp stages/example.yml stages/nowhere.yml'),
    });
  });
});

describe('a variable of the environment', () => {
  const settings = parseStageSettings(minimal, 'stages/dev.yml');

  test('may say what the file says', () => {
    expect(() =>
      refuseOtherVariables(settings, { GRAFT_SIGNING_PUBLIC_KEYS: publicKey }, 'stages/dev.yml'),
    ).not.toThrow();
  });

  test('that says something else ends the command, with both values', () => {
    const environment = { GRAFT_SIGNING_PUBLIC_KEYS: 'other', GRAFT_INSTANCE_PRICES: '{}' };

    expect(() => refuseOtherVariables(settings, environment, 'stages/dev.yml')).toThrow(
      `GRAFT_SIGNING_PUBLIC_KEYS is "other" in the environment, "${publicKey}" in stages/dev.yml; ` +
        'GRAFT_INSTANCE_PRICES is "{}" in the environment, and stages/dev.yml does not set it',
    );
  });
});
