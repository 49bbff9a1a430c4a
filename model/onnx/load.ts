import { create } from '@bufbuild/protobuf';
import { InvalidInputError } from '#core/errors.ts';
import { createRandom } from '#core/random.ts';
import { toBytes } from './build.ts';
import type { Shapes } from './find-pooling.ts';
import type { ImageInput } from './image-input.ts';
import {
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  ValueInfoProtoSchema,
} from './proto/onnx_pb.js';
import { openSession, type Session, type Values } from './session.ts';

/**
 * Loads a model that came from outside.
 *
 * @param tensors become its outputs, whatever they are
 * @throws InvalidInputError with ONNX Runtime's reason when it cannot load it
 */
export async function loadForeign(model: ModelProto, tensors: readonly string[]): Promise<Session> {
  const { name, input, initializer, node } = model.graph!;
  // ONNX Runtime finds the outputs' types and shapes.
  const output = tensors.map((tensor) => create(ValueInfoProtoSchema, { name: tensor }));
  const watched = create(ModelProtoSchema, {
    irVersion: model.irVersion,
    opsetImport: model.opsetImport,
    graph: create(GraphProtoSchema, { name, input, initializer, node, output }),
  });
  try {
    return await openSession(toBytes(watched));
  } catch (cause) {
    throw explain(cause as Error, model);
  }
}

/**
 * Runs a graph with one image.
 *
 * @returns sizes of these tensors' dimensions
 * @throws InvalidInputError with ONNX Runtime's reason when it cannot load or run it
 */
export async function observeShapes(
  model: ModelProto,
  input: ImageInput,
  tensors: readonly string[],
): Promise<Shapes> {
  const own = new Set([...model.graph!.input, ...model.graph!.initializer].map(({ name }) => name));
  const watched = [...new Set(tensors)].filter((tensor) => !own.has(tensor));
  const session = await loadForeign(model, watched);
  const image = sampleImages(input, 1);
  try {
    const values = await session.run({ [input.name]: image });
    const shapes = new Map(Object.entries(values).map(([name, { dims }]) => [name, dims] as const));
    for (const { name, dims } of model.graph!.initializer) shapes.set(name, dims.map(Number));
    return shapes.set(input.name, image.dims);
  } catch (cause) {
    throw new InvalidInputError(
      `The graph does not run with an image of ${input.height} × ${input.width}: ${reasonOf(cause as Error)}`,
      { cause, hint: 'Say the size it was trained with (--size), or export it again.' },
    );
  } finally {
    await session.close();
  }
}

/** Values as prepared images have them, n images after each other. */
export function sampleImages({ layout, height, width }: ImageInput, n: number): Values {
  const random = createRandom('sample');
  const data = Float32Array.from({ length: n * 3 * height * width }, () => random.between(-1, 1));
  return { dims: layout === 'NCHW' ? [n, 3, height, width] : [n, height, width, 3], data };
}

function explain(cause: Error, { opsetImport, irVersion }: ModelProto): InvalidInputError {
  const message = reasonOf(cause);
  const versions = opsetImport.map(({ domain, version }) => `${domain || 'ai.onnx'} ${version}`).join(', ');
  if (/ValidateOpsetForDomain|opset/i.test(message) && !/No Op registered/.test(message)) {
    return new InvalidInputError(
      `The graph uses newer operators (opset ${versions}) than ONNX Runtime has: ${message}`,
      { cause, hint: 'Export it with an older opset, for instance opset_version=20 in PyTorch.' },
    );
  }
  if (/IR version/i.test(message)) {
    return new InvalidInputError(
      `The file's version of ONNX's format (${irVersion}) is newer than ONNX Runtime knows: ${message}`,
      { cause, hint: 'Export it with the release of onnx that belongs to an older opset, for instance 20.' },
    );
  }
  return new InvalidInputError(`ONNX Runtime cannot load the graph (opset ${versions}): ${message}`, {
    cause,
    hint: 'Check it with `python -c "import onnx; onnx.checker.check_model(\'model.onnx\')"`, and export it again.',
  });
}

/** ONNX Runtime's message without the place in its own source. */
const reasonOf = ({ message }: Error): string =>
  message
    .replace(/\/onnxruntime_src\/\S+ /g, '')
    .replace(/^.*?\)\s(?=ONNX Runtime only)/s, '')
    .split('\n')[0]!
    .slice(0, 400);
