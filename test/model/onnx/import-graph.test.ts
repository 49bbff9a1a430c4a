import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { modelOf, node, value } from '../../../model/onnx/build.ts';
import { tensorShape } from '../../../model/onnx/image-input.ts';
import { type ImportOptions, importGraph } from '../../../model/onnx/import-graph.ts';
import { AttributeProtoSchema, type ModelProto } from '../../../model/onnx/proto/onnx_pb.js';
import { images, Network, placeMeans, runModel, sourceOf } from './network-fixture.ts';

const importModel = (model: ModelProto, options: ImportOptions = {}) => importGraph(sourceOf(model), options);

/** What a network gives before and after the import, for the same two images. */
async function beforeAndAfter(network: ModelProto, tensors: string[], options: ImportOptions = {}) {
  const { dims } = tensorShape(network.graph!.input[0]!);
  const input = images([2, ...dims.slice(1).map((side) => side!)]);
  const before = await runModel(network, input, tensors);
  const imported = await importModel(network, options);
  const after = await runModel(imported.model, input);
  return { before, after, imported };
}

function expectSame(found: { data: Float32Array }, expected: ArrayLike<number>): void {
  expect(found.data.length).toBe(expected.length);
  const largest = Math.max(...Array.from(expected, Math.abs));
  expect(largest).toBeGreaterThan(0);
  found.data.forEach((value, at) => {
    expect(Math.abs(value - expected[at]!)).toBeLessThan(1e-5 * largest);
  });
}

describe('the features of a network', () => {
  it.each<[string, (net: Network, pooled: string) => string]>([
    [
      'a Gemm behind flatten',
      (net, pooled) => net.op('Gemm', [net.op('Flatten', [pooled]), net.weights(8, 5), net.weights(5)]),
    ],
    [
      'MatMul, Add and Softmax behind a reshape of a computed shape',
      (net, pooled) => {
        const count = net.op('Gather', [net.op('Shape', [pooled]), net.integers(0)]);
        const shape = net.op('Concat', [count, net.integers(-1)], { axis: 0n });
        const scores = net.op('MatMul', [net.op('Reshape', [pooled, shape]), net.weights(8, 5)]);
        return net.op('Softmax', [net.op('Add', [scores, net.weights(5)])], { axis: -1n });
      },
    ],
    [
      'a convolution of one place, with weights through a Transpose, and a Sigmoid',
      (net, pooled) => {
        const weights = net.op('Transpose', [net.weights(8, 5, 1, 1)], { perm: [1n, 0n, 2n, 3n] });
        const scores = net.op('Conv', [pooled, weights], { kernel_shape: [1n, 1n] });
        return net.op('Sigmoid', [net.op('Flatten', [scores])]);
      },
    ],
    [
      'a Gemm behind Dropout and Squeeze, and a LogSoftmax with a Clip',
      (net, pooled) => {
        const flat = net.op('Squeeze', [net.op('Dropout', [pooled]), net.integers(2, 3)]);
        const scores = net.op('Gemm', [flat, net.weights(5, 8)], { transB: 1n });
        return net.op('LogSoftmax', [net.op('Clip', [scores])]);
      },
    ],
  ])('are the map before the pooling where the classifier is %s', async (_, head) => {
    const net = new Network();
    const network = net.model(head(net, net.op('GlobalAveragePool', [net.stem()])));

    const { before, after, imported } = await beforeAndAfter(network, ['last_map']);

    expect(imported.features).toEqual([{ name: 'map', width: 8, places: { rows: 4, columns: 4 } }]);
    expect(imported.takesBatches).toBe(true);
    expect(Object.keys(after)).toEqual(['map']);
    expectSame(after.map!, before.last_map!.data);
  });

  it.each([
    ['ReduceMean', { axes: [2n, 3n], keepdims: 0n }],
    ['AveragePool', { kernel_shape: [4n, 4n] }],
  ])('are found before a %s of the whole map', async (type, attributes) => {
    const net = new Network();
    const pooled = net.op(type, [net.stem()], attributes);
    const network = net.model(net.op('Gemm', [net.op('Flatten', [pooled]), net.weights(8, 5)]));

    const { before, after, imported } = await beforeAndAfter(network, ['last_map']);

    expect(imported.features.map(({ name }) => name)).toEqual(['map']);
    expectSame(after.map!, before.last_map!.data);
  });

  it('are a map with the channels second, however the network has it', async () => {
    const net = new Network();
    const map = net.op('Transpose', [net.stem(net.op('Transpose', ['pixels'], { perm: [0n, 3n, 1n, 2n] }))], {
      perm: [0n, 2n, 3n, 1n],
    });
    const pooled = net.op('ReduceMean', [map], { axes: [1n, 2n], keepdims: 0n });
    const network = net.model(net.op('MatMul', [pooled, net.weights(8, 5)]), ['batch', 16, 16, 3]);

    const { before, after, imported } = await beforeAndAfter(network, ['last_map']);

    expect(imported.input).toEqual({ name: 'image', layout: 'NHWC', height: 16, width: 16 });
    expect(imported.features).toEqual([{ name: 'map', width: 8, places: { rows: 4, columns: 4 } }]);
    expectSame(after.map!, before.last_map!.data);
  });

  it('are map and vector where more than a pooling lies between, as in MobileNetV3', async () => {
    const net = new Network();
    const map = net.stem();
    // Squeeze and excitation, which has a pooling too, past which the map goes.
    const share = net.op('HardSigmoid', [net.conv(net.op('GlobalAveragePool', [map]), 8, 8)]);
    const excited = net.op('Mul', [map, share], {}, 'excited');
    const wide = net.conv(net.op('GlobalAveragePool', [excited]), 8, 12);
    const active = net.op('Mul', [wide, net.op('HardSigmoid', [wide])]);
    const flat = net.op('Flatten', [active], {}, 'flat');
    const network = net.model(net.op('Gemm', [flat, net.weights(12, 5), net.weights(5)]));

    const { before, after, imported } = await beforeAndAfter(network, ['excited', 'flat']);

    expect(imported.features).toEqual([
      { name: 'map', width: 8, places: { rows: 4, columns: 4 } },
      { name: 'vector', width: 12 },
    ]);
    expectSame(after.map!, before.excited!.data);
    expectSame(after.vector!, before.flat!.data);
  });

  it('are the map before a convolution that classifies each place and is averaged, as in SqueezeNet', async () => {
    const net = new Network();
    const scores = net.op('Relu', [net.conv(net.stem(), 8, 5)]);
    const pooled = net.op('GlobalAveragePool', [scores]);
    const network = net.model(net.op('Softmax', [net.op('Flatten', [pooled])]));

    const { before, after, imported } = await beforeAndAfter(network, ['last_map'], {
      labels: ['a', 'b', 'c', 'd', 'e'],
    });

    expect(imported.features.map(({ name }) => name)).toEqual(['map']);
    expectSame(after.map!, before.last_map!.data);
    expectSame(after.probabilities!, Object.values(before)[0]!.data);
  });

  it('are the class token of a vision transformer, for any number of images', async () => {
    const net = new Network();
    const patches = net.conv('pixels', 3, 6, 4, 4);
    // As an exporter writes it that was given one image.
    const tokens = net.op('Reshape', [patches, net.integers(1, 6, -1)]);
    const sequence = net.op(
      'Concat',
      [net.weights(1, 1, 6), net.op('Transpose', [tokens], { perm: [0n, 2n, 1n] })],
      {
        axis: 1n,
      },
    );
    const weights = net.op(
      'Softmax',
      [net.op('MatMul', [sequence, net.op('Transpose', [sequence], { perm: [0n, 2n, 1n] })])],
      { axis: -1n },
    );
    const attended = net.op('MatMul', [weights, sequence]);
    const token = net.op(
      'Gather',
      [attended, net.op('Constant', [], { value_int: 0n })],
      { axis: 1n },
      'token',
    );
    const network = net.model(net.op('Gemm', [token, net.weights(6, 5)]), [1, 3, 16, 16]);
    const input = images([1, 3, 16, 16], 2);
    const before = await runModel(network, input, ['token']);

    const imported = await importModel(network);

    const both = images([2, 3, 16, 16]);
    both.data.set(input.data, input.data.length);
    const after = await runModel(imported.model, both);
    expect(imported.features).toEqual([{ name: 'vector', width: 6 }]);
    expect(imported.takesBatches).toBe(true);
    expectSame({ data: after.vector!.data.subarray(6) }, before.token!.data);
  });

  it('are the mean over tokens where the network gives tokens, and it says so', async () => {
    const net = new Network();
    const tokens = net.op('Reshape', [net.stem(), net.integers(0, 8, -1)]);
    const network = net.model(net.op('Relu', [net.op('Transpose', [tokens], { perm: [0n, 2n, 1n] })]));

    const { before, after, imported } = await beforeAndAfter(network, ['last_map']);

    expect(imported.features).toEqual([{ name: 'vector', width: 8 }]);
    expect(imported.notes.join()).toMatch('16 tokens; their mean is taken');
    expectSame(after.vector!, placeMeans(before.last_map!));
  });

  it('are the output where nothing behind the last weights is a classifier', async () => {
    const net = new Network();
    const network = net.model(net.op('Flatten', [net.op('GlobalAveragePool', [net.stem()])]));

    const { before, after, imported } = await beforeAndAfter(network, ['last_map']);

    expect(imported.notes[0]).toMatch(/^No classifier found/);
    expectSame(after.map!, before.last_map!.data);
  });

  it('are the tensor that is asked for', async () => {
    const net = new Network();
    const pooled = net.op('GlobalAveragePool', [net.stem()]);
    const network = net.model([net.op('Gemm', [net.op('Flatten', [pooled]), net.weights(8, 5)]), pooled]);

    const { before, after, imported } = await beforeAndAfter(network, ['Relu_1'], { features: 'Relu_1' });

    expect(imported.features).toEqual([{ name: 'map', width: 6, places: { rows: 8, columns: 8 } }]);
    expectSame(after.map!, before.Relu_1!.data);
    expect(imported.model.graph!.node.some(({ opType }) => opType === 'Gemm')).toBe(false);
    expect(imported.parameters).toBe(3 * 6 * 9 + 6);
  });
});

describe('the classifier', () => {
  it('gives probabilities where labels are known, and goes otherwise', async () => {
    const make = () => {
      const net = new Network();
      const flat = net.op('Flatten', [net.op('GlobalAveragePool', [net.stem()])]);
      return net.model(net.op('Gemm', [flat, net.weights(8, 3), net.weights(3)], {}, 'probabilities'));
    };
    const { before, after, imported } = await beforeAndAfter(make(), [], { labels: ['a', 'b', 'c'] });

    expect(imported.classifier).toEqual({ name: 'probabilities', labels: ['a', 'b', 'c'] });
    const scores = before.probabilities!.data.map(Math.exp);
    const sum = (at: number) => scores.slice(at - (at % 3), at - (at % 3) + 3).reduce((a, b) => a + b);
    expectSame(
      after.probabilities!,
      Array.from(scores, (score, at) => score / sum(at)),
    );
    const without = await importModel(make());
    expect(without.classifier).toBeUndefined();
    expect(without.parameters).toBe(imported.parameters - (8 * 3 + 3));
  });

  it('keeps no labels of another number', async () => {
    const net = new Network();
    const flat = net.op('Flatten', [net.op('GlobalAveragePool', [net.stem()])]);
    const network = net.model(net.op('Gemm', [flat, net.weights(8, 3)]));

    await expect(importModel(network, { labels: ['a', 'b'] })).rejects.toThrow(
      'There are 2 labels, and the classifier has 3 outputs',
    );
  });
});

describe('a graph with branches', () => {
  it('keeps what only a branch uses', async () => {
    const net = new Network();
    const map = net.stem();
    const condition = net.op('Cast', [net.weights(1)], { to: 9n });
    const branch = (weights: string) =>
      modelOf({
        name: 'branch',
        inputs: [],
        outputs: [value('chosen', [])],
        nodes: [node('Mul', [map, weights], ['chosen'])],
        constants: [],
      }).graph!;
    const chosen = net.op('If', [condition], {}, 'chosen_map');
    net.nodes.at(-1)!.attribute = [
      create(AttributeProtoSchema, { name: 'then_branch', type: 5, g: branch(net.weights(1, 8, 1, 1)) }),
      create(AttributeProtoSchema, { name: 'else_branch', type: 5, g: branch(net.weights(1, 8, 1, 1)) }),
    ];
    const pooled = net.op('Flatten', [net.op('GlobalAveragePool', [chosen])]);
    const network = net.model(net.op('Gemm', [pooled, net.weights(8, 5)]));

    const { before, after, imported } = await beforeAndAfter(network, ['chosen_map']);

    expect(imported.features).toEqual([{ name: 'map', width: 8, places: { rows: 4, columns: 4 } }]);
    expectSame(after.map!, before.chosen_map!.data);
  });
});

describe('a graph for one image', () => {
  it('stays so where something else in it depends on the number', async () => {
    const net = new Network();
    // The images become places of one image: no constant shape says so alone.
    const rows = net.op('Transpose', [net.stem()], { perm: [1n, 0n, 2n, 3n] });
    const joined = net.op('Reshape', [rows, net.integers(8, 16)]);
    const mean = net.op('ReduceMean', [joined], { axes: [1n], keepdims: 0n });
    const flat = net.op('Unsqueeze', [mean, net.integers(0)], {}, 'flat');
    const network = net.model(net.op('Gemm', [flat, net.weights(8, 5)]), [1, 3, 16, 16]);
    const input = images([1, 3, 16, 16]);
    const before = await runModel(network, input, ['flat']);

    const imported = await importModel(network);

    expect(imported.takesBatches).toBe(false);
    expectSame((await runModel(imported.model, input)).vector!, before.flat!.data);
  });
});

describe('what is no general model is refused with what it is:', () => {
  const gemm = (net: Network, input: string) => net.op('Gemm', [input, net.weights(8, 5)]);
  const flat = (net: Network) => net.op('Flatten', [net.op('GlobalAveragePool', [net.stem()])]);

  it.each<[string, (net: Network) => ModelProto, RegExp]>([
    ['two outputs', (net) => net.model([gemm(net, flat(net)), 'last_map']), /2 outputs: Gemm_\d+, last_map/],
    [
      'two classifiers that are added',
      (net) => {
        const features = flat(net);
        return net.model(net.op('Add', [gemm(net, features), gemm(net, features)]));
      },
      /comes from 2 classifiers: Gemm_\d+, Gemm_\d+/,
    ],
    [
      'segmentation',
      (net) => net.model(net.op('Softmax', [net.conv(net.stem(), 8, 5)], { axis: 1n })),
      /classifier Conv_\d+ answers for each place of last_map \[1, 8, 4, 4\]/,
    ],
    [
      'a network that enlarges its maps',
      (net) => net.model(net.op('ConvTranspose', [net.stem(), net.weights(8, 4, 2, 2)])),
      /is a ConvTranspose, as in networks for detection or segmentation/,
    ],
    [
      'an output as large as the image',
      (net) => net.model(net.op('Relu', [net.conv('pixels', 3, 4, 3)])),
      /map of 16 × 16 places for an image of 16 × 16/,
    ],
    [
      'a classifier of tokens',
      (net) => {
        const tokens = net.op('Reshape', [net.stem(), net.integers(0, 16, 8)]);
        return net.model(net.op('MatMul', [tokens, net.weights(8, 5)]));
      },
      /answers for each place of Reshape_\d+ \[1, 16, 8\]/,
    ],
    [
      'quantised weights of the classifier',
      (net) => {
        const features = flat(net);
        const [quantised, scale, zero] = ['quantised', 'scale', 'zero'];
        net.op('DynamicQuantizeLinear', [features], {}, quantised);
        net.nodes.at(-1)!.output = [quantised, scale, zero];
        const weights = net.op('Cast', [net.weights(8, 5)], { to: 3n });
        const product = net.op('Cast', [net.op('MatMulInteger', [quantised, weights, zero])], { to: 1n });
        return net.model(net.op('Mul', [product, scale]));
      },
      /is a MatMulInteger, which cannot be cut off/,
    ],
    [
      'a softmax of something else',
      (net) => {
        const features = flat(net);
        return net.model(net.op('Softmax', [net.op('Mul', [features, features])]));
      },
      /is a Softmax of Mul_\d+ \(Mul\), and no classifier/,
    ],
    [
      'features of five dimensions',
      (net) => net.model(net.op('Reshape', [net.stem(), net.integers(0, 2, 2, 2, 16)])),
      /has the shape \[1, 2, 2, 2, 16\]/,
    ],
    [
      'an output that needs no image',
      (net) => net.model(net.op('Identity', [net.weights(1, 5)])),
      /does not depend on the image/,
    ],
    [
      'no weights at all',
      (net) => net.model(net.op('MaxPool', ['pixels'], { kernel_shape: [4n, 4n], strides: [4n, 4n] })),
      /without any weights/,
    ],
  ])('%s', async (_, build, message) => {
    const net = new Network();
    const error = await importModel(build(net)).catch((cause) => cause);
    expect(error.name).toBe('InvalidInput');
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(/\S/);
  });

  it.each<[string, (number | string)[], RegExp]>([
    ['an input of rank 2', ['n', 48], /has 2 dimensions, and images have four/],
    ['grey images', ['n', 1, 16, 16], /no dimension of three colours/],
    ['a graph for eight images', [8, 3, 16, 16], /takes exactly 8 images at once/],
    ['images of any size without a size', ['n', 3, 'h', 'w'], /images of any size/],
    ['images that are too large', ['n', 3, 2000, 2000], /8 to 1024 pixels/],
  ])('%s', async (_, dims, message) => {
    const net = new Network();
    await expect(importModel(net.model(flat(net), dims))).rejects.toThrow(message);
  });

  it('a size that contradicts the graph', async () => {
    const net = new Network();
    await expect(importModel(net.model(flat(net)), { size: { height: 32, width: 32 } })).rejects.toThrow(
      'takes images of 16 × 16, not of 32 × 32',
    );
  });

  it('two inputs, and one of text', async () => {
    const net = new Network();
    const model = net.model(flat(net));
    const [pixels] = model.graph!.input;
    model.graph!.input = [pixels!, { ...pixels!, name: 'mask' }];
    await expect(importModel(model)).rejects.toThrow(/2 inputs \(pixels \[n, 3, 16, 16\], mask/);
    const text = net.model(flat(net), ['n', 77]);
    (text.graph!.input[0]!.type!.value.value as { elemType: number }).elemType = 7;
    await expect(importModel(text)).rejects.toThrow(/holds int64, as text models do/);
  });
});

it('takes the size that a person says where the graph takes any', async () => {
  const net = new Network();
  const network = net.model(net.op('Flatten', [net.op('GlobalAveragePool', [net.stem()])]), [
    'n',
    3,
    'h',
    'w',
  ]);

  const { input, features } = await importModel(network, { size: { height: 24, width: 16 } });

  expect(input).toEqual({ name: 'image', layout: 'NCHW', height: 24, width: 16 });
  expect(features[0]!.places).toEqual({ rows: 6, columns: 4 });
});
