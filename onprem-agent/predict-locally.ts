import { useBackend } from '#model/backend.ts';
import { loadModel } from '#model/files.ts';
import { decodeImage } from '#model/image.ts';
import { predictPixels, rankLabels } from '#model/predict.ts';
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
  const predictions = rankLabels(await predictPixels(network, pixels, 1, input), labels);
  network.dispose();
  return { predictions, general: { model: model.manifest.model, version } };
}
