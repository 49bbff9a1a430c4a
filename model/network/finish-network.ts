import type * as tfl from '@tensorflow/tfjs-layers';
import type { Input } from '#core/contracts/common.ts';
import { exportNetwork } from '../keras/export-network.ts';
import { NAMES } from '../onnx/cut.ts';
import { finishModel, type GeneralModel } from '../onnx/general-model.ts';
import { mapOf, networkOutputs } from './build-network.ts';

/**
 * Makes a general model of a trained network of `buildNetwork`: its features are the map of the last block.
 *
 * @param input what the graph takes, of `networkInput`
 * @param labels of the network's outputs, in their order
 * @throws InvalidInputError when training has made values that are no numbers
 */
export async function finishNetwork(
  network: tfl.LayersModel,
  input: Input,
  labels: readonly string[],
): Promise<GeneralModel> {
  const outputs = networkOutputs(network);
  const { name, layout, height, width: pixels, ...preparation } = input;
  const graph = {
    model: await exportNetwork(network, { outputs }),
    input: { name, layout, height, width: pixels },
    features: [mapOf(network)],
    classifier: { name: NAMES.probabilities, labels },
    parameters: network.countParams(),
    takesBatches: true,
    notes: [],
  };
  return finishModel(graph, preparation);
}
