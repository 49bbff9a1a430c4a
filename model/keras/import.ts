import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ImportSource } from '../onnx/import-source.ts';
import { type ConvertOptions, convertKeras } from './convert.ts';
import { openKerasModel } from './files/open.ts';

/**
 * Reads a model of Keras from a `.keras` or `.h5` file, or a layers model of TensorFlow.js, and turns it into
 * an ONNX graph. Keras's files do not name the classifier's labels, and tell how to prepare images only where
 * the network's first layers rescale pixels.
 *
 * @throws InvalidInputError naming the layer or the part of the file that is not as it should be
 */
export async function importKeras(
  path: string,
  options: Pick<ConvertOptions, 'size'> = {},
): Promise<ImportSource> {
  const opened = await openKerasModel(path);
  try {
    const { model, takesPixels } = convertKeras(opened, options);
    return {
      origin: {
        kind: 'imported',
        format: opened.format,
        ...(opened.producer === undefined ? {} : { producer: opened.producer }),
        source: await describeFile(opened.path),
      },
      model,
      preparation: takesPixels ? { mean: [0, 0, 0], deviation: [1, 1, 1] } : {},
    };
  } finally {
    opened.close();
  }
}

async function describeFile(path: string) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return { name: basename(path), size: (await stat(path)).size, sha256: hash.digest('hex') };
}
