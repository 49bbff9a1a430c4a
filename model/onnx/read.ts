import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { sha256 } from '#core/digest.ts';
import { InvalidInputError } from '#core/errors.ts';
import { readRegularFile } from '#core/regular-file.ts';
import { byteLength, liftConstants } from './constants.ts';
import { externalTensors, readExternalData } from './external-data.ts';
import { widenHalfPrecision } from './half-precision.ts';
import type { ImportSource } from './import-source.ts';
import { keepPaddingBeforeMaxPool } from './keep-padding.ts';
import { type GraphProto, type ModelProto, ModelProtoSchema } from './proto/onnx_pb.js';
import { refuseUnknownOperators } from './refuse-operators.ts';

/** Bytes that a protobuf message, and so a model in one file, may have: 2 GB. */
export const MAXIMUM_MODEL_BYTES = 2 ** 31 - 1;

export interface ReadOptions {
  /** Of the bytes. */
  onProgress?: ((done: number, total: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Reads a model in ONNX's format. Constants that lie in files beside it are read into it, and 16-bit floats
 * become 32-bit ones.
 *
 * @throws InvalidInputError naming what is wrong, with what to do about it
 */
export async function readOnnx(
  file: string,
  { onProgress = () => {}, signal }: ReadOptions = {},
): Promise<ImportSource> {
  const { size } = await stat(file);
  const bytes = await readRegularFile(file, MAXIMUM_MODEL_BYTES, (length) => tooLarge(file, length));
  signal?.throwIfAborted();
  const model = parseModel(file, bytes);
  const { graph } = model;
  refuseUnknownOperators(model);
  const outside = externalTensors(graph);
  const lengths = outside.map((tensor) => byteLength(tensor) ?? 0);
  const total = size + lengths.reduce((sum, length) => sum + length, 0);
  if (total > MAXIMUM_MODEL_BYTES) throw tooLarge(file, total);
  let done = size;
  onProgress(done, total);
  const advance = (count: number) => {
    done += count;
    onProgress(done, total);
  };
  await readExternalData(outside, file, { onRead: advance, signal });
  liftConstants(graph);
  widenHalfPrecision(graph);
  keepPaddingBeforeMaxPool(graph);
  const producer = [model.producerName, model.producerVersion].filter((word) => word !== '').join(' ');
  return {
    origin: {
      kind: 'imported',
      format: 'onnx',
      ...(producer === '' ? {} : { producer }),
      source: { name: basename(file), size, sha256: sha256(bytes) },
    },
    model,
    preparation: {},
  };
}

function parseModel(file: string, bytes: Uint8Array): ModelProto & { graph: GraphProto } {
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false });
  } catch {
    // Without the cause, which speaks of protobuf's wire types.
    throw new InvalidInputError(`"${file}" is no model in ONNX's format, or it was cut short`, {
      hint: 'Copy it again from where it was made, or export it again.',
    });
  }
  if (model.graph !== undefined && model.graph.node.length > 0 && model.opsetImport.length > 0) {
    return model as ModelProto & { graph: GraphProto };
  }
  throw new InvalidInputError(`"${file}" is no model in ONNX's format: it has no graph with operators`, {
    hint: 'Give the .onnx file that your framework exported.',
  });
}

const tooLarge = (file: string, bytes: number) =>
  new InvalidInputError(
    `"${file}" with its constants has ${(bytes / 1e9).toFixed(1)} GB, and a model in one file of ONNX's format has 2 GB at most`,
    { hint: 'Import a smaller variant of the network.' },
  );
