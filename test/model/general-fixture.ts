import type { Input } from '#core/contracts/common.ts';
import { createRandom } from '#core/random.ts';
import { networkInput } from '#model/network/input.ts';
import { floats, modelOf, node, toBytes, value } from '#model/onnx/build.ts';
import type { FeatureOutput } from '#model/onnx/cut.ts';
import { measureReference, onSession } from '#model/onnx/reference.ts';
import { openSession } from '#model/onnx/session.ts';
import type { GeneralModel } from '#model/transfer/transfer.ts';

export const generalInput: Input = networkInput(16);

const CHANNELS = 12;
/** Pixels of a place's side. */
const PATCH = 4;
const VECTOR = 6;

/**
 * A general model in a few lines: random filters over patches of 4 × 4 pixels give a map of 4 × 4 places, and
 * a second layer over its mean gives a vector.
 */
export async function makeGeneralModel(changes: Partial<Input> = {}): Promise<GeneralModel> {
  const input = { ...generalInput, ...changes };
  const random = createRandom('general model');
  const weights = (name: string, ...dims: number[]) =>
    floats(
      name,
      dims,
      Float32Array.from({ length: dims.reduce((a, b) => a * b) }, () => random.normal() / 4),
    );
  const side = BigInt(PATCH);
  const isLast = input.layout === 'NHWC';
  const places = { rows: input.height / PATCH, columns: input.width / PATCH };
  const { height, width } = input;
  const model = modelOf({
    name: 'general',
    inputs: [value(input.name, isLast ? ['n', height, width, 3] : ['n', 3, height, width])],
    outputs: [value('map', ['n', CHANNELS, places.rows, places.columns]), value('vector', ['n', VECTOR])],
    constants: [
      weights('filters', CHANNELS, 3, PATCH, PATCH),
      weights('filters_bias', CHANNELS),
      weights('dense', CHANNELS, VECTOR),
    ],
    nodes: [
      ...(isLast ? [node('Transpose', [input.name], ['first'], { perm: [0n, 3n, 1n, 2n] })] : []),
      node('Conv', [isLast ? 'first' : input.name, 'filters', 'filters_bias'], ['filtered'], {
        kernel_shape: [side, side],
        strides: [side, side],
      }),
      node('Relu', ['filtered'], ['map']),
      node('GlobalAveragePool', ['map'], ['mean']),
      node('Flatten', ['mean'], ['flat']),
      node('MatMul', ['flat', 'dense'], ['mixed']),
      node('Relu', ['mixed'], ['vector']),
    ],
  });
  const outputs: FeatureOutput[] = [
    { name: 'map', width: CHANNELS, places },
    { name: 'vector', width: VECTOR },
  ];
  const session = await openSession(toBytes(model));
  try {
    const features = await measureReference(onSession(session, input), input, outputs);
    return { manifest: { model: 'shapes', version: '20261123T154200Z-3f2a9c', input, features }, model };
  } finally {
    await session.close();
  }
}
