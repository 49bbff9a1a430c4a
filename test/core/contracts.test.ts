import { describe, expect, test } from 'vitest';
import { domainSchema } from '#core/contracts/domain.ts';
import { choicesSchema } from '#core/contracts/evaluation.ts';
import { hyperparametersSchema } from '#core/contracts/hyperparameters.ts';
import { manifestSchema } from '#core/contracts/manifest.ts';
import { promotionInputSchema } from '#core/contracts/promotion.ts';
import { predictionResponseSchema } from '#core/contracts/served-model.ts';
import { labelSchema, labelsSchema } from '#core/labels.ts';
import { parse, parseJson } from '#core/parse.ts';
import { domain, manifest, subject } from '../functions/samples.ts';

const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    expect(error).toMatchObject({ name: 'InvalidInput' });
    return (error as Error).message;
  }
  throw new Error('it was accepted');
};

describe('errors of a contract', () => {
  test.each<[string, () => unknown, RegExp]>([
    [
      'a misspelt field',
      () => parse(domainSchema, { ...domain(), recipie: {} }, 'domain.json'),
      /domain\.json is not valid: .*recipie/,
    ],
    [
      'a nested field, by its path',
      () => parse(domainSchema, domain({ recipe: { epochs: 0 } }), 'domain.json'),
      /recipe\.epochs: /,
    ],
    [
      'a recipe field that was removed',
      () =>
        parse(domainSchema, { ...domain(), recipe: { mixup: 0, unfreeze: { blocks: 1 } } }, 'domain.json'),
      /recipe: delete "mixup", "unfreeze": removed from Graft, because no gain was measured$/,
    ],
    [
      'a removed recipe field beside a misspelt one',
      () => parse(domainSchema, { ...domain(), recipe: { labelSmoothing: 0.1, epoch: 3 } }, 'domain.json'),
      /recipe: delete "labelSmoothing": removed .*; unknown: "epoch"$/,
    ],
    [
      'a removed recipe field that something else replaces',
      () => parse(domainSchema, { ...domain(), recipe: { cutLayers: ['top'], mixup: 0 } }, 'domain.json'),
      /recipe: delete "cutLayers": the general model says .* "places" .*; delete "mixup": removed from Graft/,
    ],
    [
      'a number of places that is there twice',
      () => parse(domainSchema, domain({ recipe: { places: [2, 2] } }), 'domain.json'),
      /recipe\.places: .*twice/,
    ],
    [
      'a way of resizing that there is not',
      () => parse(domainSchema, { ...domain(), recipe: { resize: 'crop' } }, 'domain.json'),
      /recipe\.resize: .*cover/,
    ],
    [
      'a misspelt recipe field',
      () => parse(domainSchema, { ...domain(), recipe: { epoch: 3 } }, 'domain.json'),
      /recipe: Unrecognized key: "epoch"$/,
    ],
    [
      'a threshold that is missing',
      () => parse(domainSchema, { ...domain(), gate: {} }, 'domain.json'),
      /gate\.minimumAccuracy: .*gate\.minimumUplift: .*gate\.minimumRecall: .*gate\.minimumTestImages: /,
    ],
    [
      'a threshold that is no share',
      () => parse(domainSchema, domain({ gate: { ...domain().gate, minimumRecall: 50 } }), 'domain.json'),
      /gate\.minimumRecall: /,
    ],
    [
      'an instance type of another service',
      () => parse(domainSchema, domain({ recipe: { instanceType: 'c5.xlarge' } }), 'domain.json'),
      /recipe\.instanceType: .*ml\.c5\.xlarge/,
    ],
    [
      'an endpoint of no kind',
      () => parse(domainSchema, { ...domain(), endpoint: { type: 'lambda' } }, 'domain.json'),
      /endpoint\.type: /,
    ],
    [
      'memory that serverless endpoints do not have',
      () =>
        parse(domainSchema, { ...domain(), endpoint: { type: 'serverless', memoryMb: 1000 } }, 'domain.json'),
      /endpoint\.memoryMb: /,
    ],
    [
      'several fields at once',
      () => parse(promotionInputSchema, { model: 'A', version: 'v1', extra: 1 }, 'The input'),
      /model: .*version: .*extra/,
    ],
    [
      'an empty choice of domains',
      () => parse(promotionInputSchema, { ...subjectInput, domains: [] }, 'The input'),
      /domains: /,
    ],
    [
      'what is no object',
      () => parse(promotionInputSchema, 'icons', 'The input'),
      /^The input is not valid: /,
    ],
    [
      'what is no JSON',
      () => parseJson(promotionInputSchema, '{model}', 'The input'),
      /^The input is not JSON: /,
    ],
    [
      'an older manifest, with the remedy',
      () => parse(manifestSchema, { schemaVersion: 1, cutLayer: 'features' }, 'manifest.json'),
      /^manifest\.json is not valid: schemaVersion: expected 2, found 1: train or import again [^;]*$/,
    ],
    [
      'a manifest without the network',
      () =>
        parse(
          manifestSchema,
          manifest({ files: [{ ...manifest().files[0]!, name: 'weights.bin' }] }),
          'manifest.json',
        ),
      /files: model\.onnx is missing/,
    ],
  ])('name %s', (_what, run, message) => {
    expect(messageOf(run)).toMatch(message);
  });

  const subjectInput = { model: subject.model, version: subject.version };
});

describe('a domain', () => {
  test('needs no more than labels and thresholds', () => {
    const parsed = parse(domainSchema, domain(), 'domain.json');

    expect(parsed.recipe).toMatchObject({ seed: 1, instanceType: 'ml.c5.xlarge', spot: false });
    expect(parsed.endpoint).toEqual({ type: 'serverless', memoryMb: 2048, maxConcurrency: 10 });
    expect(parsed.gate).toMatchObject({ significance: 0.05 });
    expect(parse(domainSchema, parsed, 'domain.json')).toEqual(parsed);
  });
});

describe('an evaluation', () => {
  test('of an earlier version may name a layer, and say what unfreezing gained', () => {
    const scores = { step: 4, validationAccuracy: 0.8, validationLoss: 0.7, standardError: 0.1 };
    const unfreezing = { blocks: 1, kept: 0, epochs: [{ validationAccuracy: 0.8, validationLoss: 0.7 }] };
    const choicesOf = (tried: object) => ({
      ...{ variants: 12, folds: 5, validationImages: 60, unfreezing },
      ...{ chosen: tried, tried: [tried] },
    });

    expect(
      parse(
        choicesSchema,
        choicesOf({ cutLayer: 'block3', regularisation: 1, ...scores }),
        'evaluation.json',
      ),
    ).toEqual(choicesOf({ features: 'block3', resize: 'stretch', regularisation: 1, ...scores }));
  });
});

describe('labels', () => {
  test.each([
    'apple',
    'red apple',
    'No. 2',
    'りんご',
    'pão',
    'a.b',
    'x'.repeat(100),
    '🍎',
    '100%',
    'a+b=c',
    "d'Anjou",
    'constructor',
    'toString',
    'hasOwnProperty',
  ])('may be %s', (label) => {
    expect(labelSchema.safeParse(label).success).toBe(true);
  });

  test.each([
    ['', 'nothing'],
    ['a/b', 'a slash'],
    ['a\\b', 'a backslash'],
    ['..', 'a way out'],
    ['.hidden', 'a dot in front'],
    [' apple', 'a space in front'],
    ['apple ', 'a space behind'],
    ['a\nb', 'a line break'],
    ['a\u0000b', 'a null'],
    ['pa\u0303o', 'decomposed Unicode'],
    ['x'.repeat(101), '101 characters'],
    ['__proto__', 'what an object loses'],
    ['Thumbs.db', 'what Windows leaves behind'],
    ['@eaDir', 'what a NAS leaves behind'],
    ['lost+found', 'what Linux leaves behind'],
  ])('may not be %j: %s', (label) => {
    expect(labelSchema.safeParse(label).success).toBe(false);
  });

  test.each([
    [['apple'], /two classes/],
    [['apple', 'apple'], /twice/],
    [['apple', 'pear', 'Apple'], /"apple" and "Apple" differ in upper and lower case only/],
    [['Äpfel', 'pear', 'äpfel'], /"Äpfel" and "äpfel" differ/],
    [[], /two classes/],
  ])('%j are no classes', (labels, message) => {
    expect(messageOf(() => parse(labelsSchema, labels, 'labels'))).toMatch(message);
  });
});

describe('hyperparameters', () => {
  test.each([
    ['as they are', { mode: 'transfer', domain: 'produce' }],
    ['JSON-encoded, as some SDKs send them', { mode: '"transfer"', domain: '"produce"' }],
  ])('are read %s', (_what, given) => {
    expect(parse(hyperparametersSchema, given, 'hyperparameters.json')).toEqual({
      mode: 'transfer',
      domain: 'produce',
    });
  });

  test.each([
    [{ mode: 'other', domain: 'produce' }, /mode: /],
    [{ mode: '"transfer', domain: 'produce' }, /mode: /],
    [{ mode: 'transfer' }, /domain: /],
    [{ mode: 'transfer', domain: 'produce', epochs: '3' }, /epochs/],
    [{ mode: 'baseline', domain: 'produce', model: 'icons' }, /version: /],
  ])('%j are refused', (given, message) => {
    expect(messageOf(() => parse(hyperparametersSchema, given, 'hyperparameters.json'))).toMatch(message);
  });
});

describe('an answer', () => {
  const before = {
    predictions: [{ label: 'apple', probability: 1 }],
    domain: 'produce',
    general: { model: 'icons', version: '20261123T154200Z-3f2a9c' },
    trainingJob: 'job-1',
  };

  test.each([
    ['of a model that knows no "unsure"', before],
    ['of one that does', { ...before, unsure: true, outOfDomain: 0.75 }],
  ])('%s is read as it is', (_what, answer) => {
    expect(predictionResponseSchema.parse(answer)).toEqual(answer);
  });

  test('names a share that is none', () => {
    expect(messageOf(() => parse(predictionResponseSchema, { ...before, outOfDomain: 2 }, 'It'))).toMatch(
      /outOfDomain: /,
    );
  });
});

describe('unsure', () => {
  test('keeps 95 % of a domain’s own images unless it says otherwise', () => {
    expect(domainSchema.parse(domain()).unsure).toEqual({ keep: 0.95 });
    expect(domainSchema.parse({ ...domain(), unsure: { keep: 0.8 } }).unsure).toEqual({ keep: 0.8 });
  });

  test.each([0.4, 1.1, '0.95'])('refuses to keep %j, by name', (keep) => {
    expect(messageOf(() => parse(domainSchema, { ...domain(), unsure: { keep } }, 'domain.json'))).toMatch(
      /unsure\.keep: /,
    );
  });
});
