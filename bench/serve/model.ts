import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create, fromBinary } from '@bufbuild/protobuf';
import type { Input } from '#core/contracts/common.ts';
import { MODEL_FILE } from '#core/contracts/manifest.ts';
import { SERVED_OUTPUTS, type ServedModel } from '#core/contracts/served-model.ts';
import { createRandom } from '#core/random.ts';
import { prepare, shapeOf } from '#model/data/prepare.ts';
import { referenceImages } from '#model/inference/reference-images.ts';
import { networkInput } from '#model/network/input.ts';
import { floats, node, toBytes, value } from '#model/onnx/build.ts';
import { GraphProtoSchema, ModelProtoSchema } from '#model/onnx/proto/onnx_pb.js';
import { openSession } from '#model/onnx/session.ts';

const LABELS = 10;
const WIDTH = 1024;

const input: Input = networkInput(224);

/**
 * A served model with the size and speed of a real one: MobileNet V1 with a head of random weights.
 *
 * @param backbone ONNX file: `image` → `features`, shape [n, 1024]
 */
export async function makeServedModel(backbone: string, folder: string): Promise<void> {
  const random = createRandom('bench serve');
  const weights = (name: string, columns: number) =>
    floats(
      name,
      [WIDTH, columns],
      Float32Array.from({ length: WIDTH * columns }, () => 0.05 * random.normal()),
    );
  const model = fromBinary(ModelProtoSchema, await readFile(backbone));
  const { probabilities, outOfDomain } = SERVED_OUTPUTS;
  const graph = model.graph!;
  model.graph = create(GraphProtoSchema, {
    ...graph,
    output: [value(probabilities, ['n', LABELS]), value(outOfDomain, ['n', 1])],
    initializer: [...graph.initializer, weights('head', LABELS), weights('beyond', 1)],
    node: [
      ...graph.node,
      node('MatMul', ['features', 'head'], ['logits']),
      node('Softmax', ['logits'], [probabilities], { axis: -1n }),
      node('MatMul', ['features', 'beyond'], ['distance']),
      node('Sigmoid', ['distance'], [outOfDomain]),
    ],
  });
  const bytes = toBytes(model);
  const session = await openSession(bytes);
  const reference: number[][] = [];
  for (const pixels of referenceImages(input)) {
    const outputs = await session.run({ image: { dims: shapeOf(input, 1), data: prepare(pixels, input) } });
    reference.push([...outputs[probabilities]!.data, ...outputs[outOfDomain]!.data]);
  }
  await session.close();
  const served: ServedModel = {
    schemaVersion: 2,
    domain: 'bench',
    labels: Array.from({ length: LABELS }, (_, i) => `label-${i}`),
    input,
    general: { model: 'mobilenet', version: '20261101T000000Z-000000' },
    trainingJob: 'bench',
    reference,
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, MODEL_FILE), bytes);
  await writeFile(join(folder, 'served-model.json'), JSON.stringify(served));
}
