import { expect, it } from 'vitest';
import { floats, modelOf, node, toBytes, value } from '#model/onnx/build.ts';
import { openSession } from '#model/onnx/session.ts';
import { withOutputs } from '#model/onnx/with-outputs.ts';

it('puts a part in the place of an output that has the name of the part’s', async () => {
  // As a general model has it: features, and a classifier behind them.
  const model = modelOf({
    name: 'general',
    inputs: [value('image', ['n', 2])],
    outputs: [value('vector', ['n', 2]), value('probabilities', ['n', 2])],
    nodes: [node('Relu', ['image'], ['vector']), node('Mul', ['vector', 'old'], ['probabilities'])],
    constants: [floats('old', [1], Float32Array.of(-1))],
  });
  const part = {
    nodes: [node('Mul', ['vector', 'new'], ['probabilities'])],
    constants: [floats('new', [1], Float32Array.of(10))],
  };

  const served = withOutputs(model, [part], [{ name: 'probabilities', width: 2 }]);

  expect(served.graph!.initializer.map(({ name }) => name)).toEqual(['new']);
  const session = await openSession(toBytes(served));
  const image = { dims: [1, 2], data: Float32Array.of(-3, 4) };
  const { probabilities } = await session.run({ image });
  await session.close();
  expect([...probabilities!.data]).toEqual([0, 40]);
  expect(model.graph!.node).toHaveLength(2);
});

it('adds a part whose constants have the names of those that go', async () => {
  // Keras names a classifier's weights "head/kernel", for instance.
  const model = modelOf({
    name: 'general',
    inputs: [value('image', ['n', 2])],
    outputs: [value('vector', ['n', 2]), value('probabilities', ['n', 2])],
    nodes: [node('Relu', ['image'], ['vector']), node('Mul', ['vector', 'kernel'], ['probabilities'])],
    constants: [floats('kernel', [1], Float32Array.of(-1))],
  });
  const part = {
    nodes: [node('Mul', ['vector', 'kernel'], ['probabilities'])],
    constants: [floats('kernel', [1], Float32Array.of(10))],
  };

  const served = withOutputs(model, [part], [{ name: 'probabilities', width: 2 }]);

  const session = await openSession(toBytes(served));
  const { probabilities } = await session.run({ image: { dims: [1, 2], data: Float32Array.of(-3, 4) } });
  await session.close();
  expect([...probabilities!.data]).toEqual([0, 40]);
});

it('refuses a part that makes a tensor which stays', () => {
  const model = modelOf({
    name: 'general',
    inputs: [value('image', ['n', 2])],
    outputs: [value('vector', ['n', 2])],
    nodes: [node('Mul', ['image', 'kernel'], ['vector'])],
    constants: [floats('kernel', [1], Float32Array.of(-1))],
  });
  const part = {
    nodes: [node('Mul', ['vector', 'kernel'], ['probabilities'])],
    constants: [floats('kernel', [1], Float32Array.of(10))],
  };

  expect(() => withOutputs(model, [part], [{ name: 'probabilities', width: 2 }])).toThrow('"kernel"');
});
