import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '#model/tensorflow/backend.ts';
import { expectSame, network } from './compare.ts';

beforeAll(() => useBackend('cpu'));

const { layers } = tfl;

/** Models of one kind of layer each, on maps with odd and unequal sizes. */
function expectAllSame(
  models: Record<string, (input: tfl.SymbolicTensor) => unknown>,
  shape = [9, 12, 4],
): void {
  it.each(Object.entries(models))('%s', async (_, build) => {
    await expectSame(network(shape, (input) => build(input) as tfl.SymbolicTensor));
  });
}

describe('convolutions compute what TensorFlow.js computes', () => {
  expectAllSame({
    'padding of an even kernel at a stride of 2 is uneven': (x) =>
      layers
        .conv2d({ filters: 5, kernelSize: [4, 3], strides: 2, padding: 'same', activation: 'relu' })
        .apply(x),
    'strides and sizes differ by axis': (x) =>
      layers.conv2d({ filters: 3, kernelSize: [2, 5], strides: [3, 1], useBias: false }).apply(x),
    'a dilated kernel': (x) =>
      layers.conv2d({ filters: 3, kernelSize: 3, dilationRate: [2, 1], padding: 'same' }).apply(x),
    'several outputs of each channel': (x) =>
      layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 3, strides: 2, padding: 'same' }).apply(x),
    'depthwise and pointwise in one layer': (x) =>
      layers.separableConv2d({ filters: 5, kernelSize: 3, padding: 'same' }).apply(x),
    'zeros around the map that an own layer adds': (x) =>
      layers.conv2d({ filters: 4, kernelSize: 3, strides: 2 }).apply(
        layers
          .zeroPadding2d({
            padding: [
              [0, 1],
              [2, 1],
            ],
          })
          .apply(x),
      ),
    'the zeros of two layers': (x) =>
      layers
        .conv2d({ filters: 4, kernelSize: 3, padding: 'same' })
        .apply(layers.zeroPadding2d({ padding: 1 }).apply(x)),
  });

  it('takes batch normalisation into the convolution before, unless others use that too', async () => {
    const folded = await expectSame(
      network([9, 12, 4], (x) => {
        const map = layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 }).apply(x);
        return layers.batchNormalization({ epsilon: 0.01 }).apply(map) as tfl.SymbolicTensor;
      }),
    );
    expect(folded.graph!.node.map(({ opType }) => opType)).toEqual(['Conv']);
    const kept = await expectSame(
      network([9, 12, 4], (x) => {
        const map = layers.conv2d({ filters: 4, kernelSize: 1 }).apply(x) as tfl.SymbolicTensor;
        const normalised = layers.batchNormalization({ scale: false }).apply(map) as tfl.SymbolicTensor;
        return layers.add().apply([map, normalised]) as tfl.SymbolicTensor;
      }),
    );
    expect(kept.graph!.node.map(({ opType }) => opType)).toEqual(['Conv', 'BatchNormalization', 'Add']);
  });
});

describe('normalisations compute what TensorFlow.js computes', () => {
  expectAllSame({
    'batch normalisation of a map': (x) => layers.batchNormalization({ center: false }).apply(x),
    'batch normalisation of a vector': (x) =>
      layers.batchNormalization().apply(layers.globalMaxPooling2d({}).apply(x)),
    "layer normalisation of each place's channels": (x) =>
      layers
        .layerNormalization({ epsilon: 1e-6 })
        .apply(layers.conv2d({ filters: 6, kernelSize: 1 }).apply(x)),
  });
});

describe('poolings compute what TensorFlow.js computes', () => {
  const padded = (x: tfl.SymbolicTensor) =>
    layers
      .zeroPadding2d({
        padding: [
          [1, 0],
          [2, 1],
        ],
      })
      .apply(x);
  expectAllSame({
    'maxima, border excluded': (x) =>
      layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }).apply(x),
    'means, border excluded': (x) =>
      layers.averagePooling2d({ poolSize: [3, 2], strides: 2, padding: 'same' }).apply(x),
    'maxima with zeros around the map': (x) =>
      layers.maxPooling2d({ poolSize: 3, strides: 2 }).apply(padded(x)),
    'means with zeros around the map': (x) =>
      layers.averagePooling2d({ poolSize: 3, strides: 1 }).apply(padded(x)),
    'means of all places': (x) => layers.globalAveragePooling2d({}).apply(x),
  });

  it('counts zeros around a map of negative numbers as its largest', async () => {
    // No convolution before it can be negative everywhere by chance: all weights are positive here.
    const graph = await expectSame(
      network([4, 4, 2], (x) => {
        const negative = layers.rescaling({ scale: 0.1, offset: -5 }).apply(x) as tfl.SymbolicTensor;
        return layers.maxPooling2d({ poolSize: 3, strides: 2 }).apply(padded(negative)) as tfl.SymbolicTensor;
      }),
    );
    expect(graph.graph!.node.map(({ opType }) => opType)).not.toContain('Pad');
  });
});

describe('activations compute what TensorFlow.js computes', () => {
  const names = [
    'elu',
    'hardSigmoid',
    'linear',
    'relu',
    'relu6',
    'selu',
    'sigmoid',
    'softmax',
    'softplus',
    'softsign',
    'tanh',
    'swish',
    'mish',
    'gelu',
    'gelu_new',
  ] as const;
  expectAllSame({
    ...Object.fromEntries(
      names.map((activation) => [
        activation,
        (x: tfl.SymbolicTensor) => layers.conv2d({ filters: 4, kernelSize: 1, activation }).apply(x),
      ]),
    ),
    'a layer of softmax': (x) => layers.softmax().apply(layers.globalMaxPooling2d({}).apply(x)),
    'a limit above': (x) => layers.reLU({ maxValue: 0.4 }).apply(x),
    'a slope below zero': (x) => layers.leakyReLU({ alpha: 0.2 }).apply(x),
    'an exponential below zero': (x) => layers.elu().apply(x),
    'a slope for each channel': (x) => layers.prelu({ sharedAxes: [1, 2] }).apply(x),
    'a slope for each value': (x) => layers.prelu().apply(x),
  });
});

describe('combinations compute what TensorFlow.js computes', () => {
  const two = (x: tfl.SymbolicTensor) =>
    [1, 2].map((seed) =>
      layers.conv2d({ filters: 4, kernelSize: 1, name: `branch${seed}` }).apply(x),
    ) as tfl.SymbolicTensor[];
  const places = (x: tfl.SymbolicTensor) => layers.globalAveragePooling2d({}).apply(x) as tfl.SymbolicTensor;
  expectAllSame({
    sum: (x) => layers.add().apply([...two(x), x]),
    product: (x) => layers.multiply().apply(two(x)),
    mean: (x) => layers.average().apply([...two(x), x]),
    maximum: (x) => layers.maximum().apply(two(x)),
    minimum: (x) => layers.minimum().apply(two(x)),
    'channels side by side': (x) => layers.concatenate().apply([...two(x), x]),
    'rows below each other': (x) => layers.concatenate({ axis: 1 }).apply(two(x)),
    'a map with a map of one place (squeeze and excite)': (x) =>
      layers
        .multiply()
        .apply([x, layers.reshape({ targetShape: [1, 1, 4] }).apply(places(x)) as tfl.SymbolicTensor]),
    'maps whose channels lie at different places': (x) =>
      layers.add().apply([x, layers.layerNormalization().apply(x) as tfl.SymbolicTensor]),
  });
});

describe('changes of shape compute what TensorFlow.js computes', () => {
  expectAllSame({
    'dense of a flattened map': (x) => layers.dense({ units: 5 }).apply(layers.flatten().apply(x)),
    'dense of a flattened map behind a dropout': (x) =>
      layers.dense({ units: 5 }).apply(layers.dropout({ rate: 0.5 }).apply(layers.flatten().apply(x))),
    'a flattened map that is normalised': (x) => layers.batchNormalization().apply(layers.flatten().apply(x)),
    'dense of each place': (x) => layers.dense({ units: 5, activation: 'relu' }).apply(x),
    'dense of each place behind a layer normalisation': (x) =>
      layers.dense({ units: 5 }).apply(layers.layerNormalization().apply(x)),
    'a map as a sequence': (x) => layers.reshape({ targetShape: [-1, 4] }).apply(x),
    'a map as a map': (x) => layers.reshape({ targetShape: [4, 9, 12] }).apply(x),
    'a sequence with its dimensions exchanged': (x) =>
      layers.permute({ dims: [2, 1] }).apply(layers.reshape({ targetShape: [-1, 4] }).apply(x)),
    'rows and columns exchanged': (x) => layers.permute({ dims: [2, 1, 3] }).apply(x),
    'less of each side': (x) =>
      layers
        .cropping2D({
          cropping: [
            [1, 2],
            [0, 3],
          ],
        })
        .apply(x),
    'zeros around a map': (x) => layers.zeroPadding2d({ padding: [1, 2] }).apply(x),
    'larger by copies': (x) => layers.upSampling2d({ size: [2, 3] }).apply(x),
    'noise for training only': (x) => layers.gaussianNoise({ stddev: 1 }).apply(x),
  });
});

describe('models in models', () => {
  it('compute what TensorFlow.js computes, shared layers included', async () => {
    const inner = network([9, 12, 4], (x) => {
      const map = layers
        .conv2d({ filters: 4, kernelSize: 3, padding: 'same', name: 'inner_convolution' })
        .apply(x);
      return layers.batchNormalization({ name: 'inner_normalisation' }).apply(map) as tfl.SymbolicTensor;
    });
    const shared = layers.conv2d({ filters: 4, kernelSize: 1, activation: 'tanh', name: 'shared' });
    const chain = tfl.sequential({
      layers: [
        layers.conv2d({ filters: 2, kernelSize: 1, inputShape: [9, 12, 4], name: 'chain_convolution' }),
        layers.flatten({ name: 'chain_flat' }),
      ],
    });
    await expectSame(
      network([9, 12, 4], (x) => {
        const twice = shared.apply(shared.apply(x)) as tfl.SymbolicTensor;
        const map = inner.apply(twice) as tfl.SymbolicTensor;
        return layers.dense({ units: 3 }).apply(chain.apply(map)) as tfl.SymbolicTensor;
      }),
    );
  });

  it('take a whole sequential model as the first layer', async () => {
    const base = tfl.sequential({
      layers: [layers.conv2d({ filters: 3, kernelSize: 3, inputShape: [9, 12, 4] }), layers.reLU()],
    });
    await expectSame(
      tfl.sequential({ layers: [base, layers.globalAveragePooling2d({}), layers.dense({ units: 2 })] }),
    );
  });
});

describe('pixels', () => {
  it('go through a rescaling at the start', async () => {
    await expectSame(
      network([9, 12, 3], (x) => {
        const scaled = layers.rescaling({ scale: 2, offset: -1 }).apply(x);
        return layers
          .conv2d({ filters: 2, kernelSize: 3, padding: 'same' })
          .apply(scaled) as tfl.SymbolicTensor;
      }),
    );
  });
});
