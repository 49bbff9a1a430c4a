import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '#model/backend.ts';
import { rankLabels } from '#model/evaluate.ts';
import { loadModel } from '#model/files.ts';
import { decodeImage } from '#model/image.ts';
import { toTensor } from '#model/tensors.ts';
import { named } from './image-error.ts';
import { readModelFolder, verifyModelFolder } from './model-folder.ts';

/**
 * What a general model in a folder makes of an image.
 *
 * @param image path of a JPEG, PNG or WebP file
 * @throws GraftError when the image or the model cannot be read
 */
export async function predictLocally(image: string, folder: string) {
  const model = await readModelFolder(folder);
  await verifyModelFolder(model);
  const { input, labels, version } = model.manifest;
  const pixels = await named(image, () => decodeImage(image, input));
  await useBackend();
  const network = await loadModel(folder);
  const output = tf.tidy(() => network.predict(toTensor(pixels, 1, input)) as tf.Tensor);
  const predictions = rankLabels((await output.data()) as Float32Array, labels);
  output.dispose();
  network.dispose();
  return { predictions, general: { model: model.manifest.model, version } };
}
