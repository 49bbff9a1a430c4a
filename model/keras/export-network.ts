import type * as tfl from '@tensorflow/tfjs-layers';
import { artifactsOf } from '../network/artifacts-of.ts';
import type { ModelProto } from '../onnx/proto/onnx_pb.js';
import { readArtifacts } from './artifacts.ts';
import { type ConvertOptions, convertKeras } from './convert.ts';

/** Turns a model that TensorFlow.js has in memory into an ONNX graph; `convertKeras` describes it. */
export async function exportNetwork(
  model: tfl.LayersModel,
  options: ConvertOptions = {},
): Promise<ModelProto> {
  return convertKeras(readArtifacts(await artifactsOf(model)), options).model;
}
