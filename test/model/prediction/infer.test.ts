import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { buildNetwork } from '#model/network/build-network.ts';
import { infer } from '#model/prediction/infer.ts';
import { type BackendName, useBackend } from '#model/tensorflow/backend.ts';
import { computeOn, describeOnFastBackends, expectClose, random } from '../tensorflow/kernels/backends.ts';

const input = { height: 18, width: 16, channels: 3 } as const;

/** A network whose normalisations have learnt something: means, variances and factors of either sign. */
function trainedNetwork(filters: number[]): tfl.LayersModel {
  const model = buildNetwork({ input, labelCount: 7, filters, seed: 1 });
  tf.tidy(() =>
    model.setWeights(
      model.weights.map((weight, i) => {
        const value = random(weight.shape as number[], i + 1);
        return weight.name.includes('variance') ? tf.add(tf.abs(value), 0.1) : value;
      }),
    ),
  );
  return model;
}

/** What a model makes of 40 images, which `predict` would cut into two batches. */
async function outputsOn(
  backend: BackendName,
  build: () => tfl.LayersModel,
  run: (model: tfl.LayersModel, x: tf.Tensor4D) => tf.Tensor[],
): Promise<Float32Array[]> {
  await useBackend(backend);
  const model = build();
  const values = await computeOn(backend, () => run(model, random<tf.Rank.R4>([40, 18, 16, 3], 99)));
  model.dispose();
  return values;
}

const predict = (model: tfl.LayersModel, x: tf.Tensor) => [model.predict(x)].flat();

async function expectAgreement(backend: BackendName, build: () => tfl.LayersModel) {
  const expected = await outputsOn('cpu', build, predict);
  const actual = await outputsOn(backend, build, infer);
  expect(actual).toHaveLength(expected.length);
  for (const [i, values] of actual.entries()) expectClose(values, expected[i]!);
}

/** The same convolution with one thing that a block of `buildNetwork` has not. */
const unusual: Record<string, () => tfl.LayersModel> = {
  'a stride of 2': () => blockOf({ strides: 2 }),
  'a bias': () => blockOf({ useBias: true, biasInitializer: 'ones' }),
  'a frame of its own': () => blockOf({ padding: 'valid' }),
  'a wide window': () => blockOf({}, { poolSize: 3 }),
  'a bounded activation': () => blockOf({}, {}, { maxValue: 0.5 }),
  'no factor': () => blockOf({}, {}, {}, { scale: false }),
  'two paths': () => {
    const x = tfl.input({ shape: [18, 16, 3] });
    const paths = [1, 2].map((seed) => tfl.layers.conv2d(convolution(seed, {})).apply(x));
    const y = tfl.layers.add().apply(paths as tfl.SymbolicTensor[]) as tfl.SymbolicTensor;
    return tfl.model({ inputs: x, outputs: y });
  },
};

const convolution = (seed: number, more: object) => ({
  filters: 8,
  kernelSize: 3,
  padding: 'same' as const,
  useBias: false,
  kernelInitializer: tfl.initializers.heNormal({ seed }),
  ...more,
});

function blockOf(convolves: object, pools = {}, activates = {}, normalises = {}) {
  return tfl.sequential({
    layers: [
      tfl.layers.conv2d({ inputShape: [18, 16, 3], ...convolution(1, convolves) }),
      tfl.layers.maxPooling2d({ poolSize: 2, ...pools }),
      tfl.layers.batchNormalization({ ...normalises }),
      tfl.layers.reLU({ ...activates }),
    ],
  });
}

describeOnFastBackends('infer', (backend) => {
  it.each([[[8, 16, 12]], [[6, 8]]])('agrees with plain JavaScript: filters %j', async (filters) => {
    await expectAgreement(backend, () => trainedNetwork(filters));
  });

  it.each(['features', 'block1_activation', 'block2_pooling'])(
    'gives every output of a model: %s and classifier',
    async (name) => {
      await expectAgreement(backend, () => {
        const model = trainedNetwork([8, 16]);
        const inner = model.getLayer(name).output as tfl.SymbolicTensor;
        return tfl.model({ inputs: model.inputs, outputs: [inner, model.outputs[0]!] });
      });
    },
  );

  it('follows branches', async () => {
    await expectAgreement(backend, () => {
      const model = trainedNetwork([8, 16]);
      const map = model.getLayer('block1_activation').output as tfl.SymbolicTensor;
      const aside = tfl.layers.averagePooling2d({ poolSize: 4 }).apply(map) as tfl.SymbolicTensor;
      return tfl.model({ inputs: model.inputs, outputs: [aside, model.outputs[0]!] });
    });
  });

  it('joins branches again', async () => {
    await expectAgreement(backend, () => {
      const model = trainedNetwork([8, 16]);
      const features = model.getLayer('features').output as tfl.SymbolicTensor;
      const copy = tfl.layers.activation({ activation: 'linear' }).apply(features) as tfl.SymbolicTensor;
      const squares = tfl.layers.multiply().apply([features, copy]) as tfl.SymbolicTensor;
      const both = tfl.layers.concatenate().apply([features, squares]) as tfl.SymbolicTensor;
      return tfl.model({ inputs: model.inputs, outputs: [model.outputs[0]!, both] });
    });
  });

  it.each(Object.keys(unusual))('takes nothing for a block that is none: %s', async (name) => {
    await expectAgreement(backend, unusual[name]!);
  });

  it('does not dispose what it was given, even by a model without layers', async () => {
    await useBackend(backend);
    const x = tfl.input({ shape: [2] });
    const model = tfl.model({ inputs: x, outputs: x });
    const given = tf.tensor2d([[1, 2]]);
    const [output] = infer(model, given);
    given.dispose();
    expect([...output!.dataSync()]).toEqual([1, 2]);
    tf.dispose(output!);
  });
});
