import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { GraftError, InvalidInputError, NotFoundError } from '#core/errors.ts';
import { openRegularFile } from '#core/regular-file.ts';

/** Formats that have a reader. */
export type ModelFormat = 'onnx' | 'keras' | 'keras-h5' | 'tfjs';

export interface ModelLocation {
  format: ModelFormat;
  /** The file to read: of a folder, the one that describes the model. */
  file: string;
}

/** Bytes at the start of a file that tell its format. */
const HEADER_BYTES = 4096;

/** Lines that export a network to ONNX, for messages. */
const exportLine = {
  torch: (file: string) =>
    `python -c "import timm, torch; torch.onnx.export(timm.create_model('NAME', checkpoint_path='${file}').eval(), (torch.zeros(1, 3, 224, 224),), 'model.onnx')"`,
  savedModel: (folder: string) => `python -m tf2onnx.convert --saved-model ${folder} --output model.onnx`,
  tflite: (file: string) => `python -m tf2onnx.convert --tflite ${file} --output model.onnx`,
  transformers: (folder: string) => `optimum-cli export onnx --model ${folder} onnx-model`,
};

/**
 * Finds out what a file or folder holds, by its content.
 *
 * @throws NotFoundError when nothing is there
 * @throws InvalidInputError that says what else it is, with the line that exports it to ONNX
 */
export async function identifyModel(path: string): Promise<ModelLocation> {
  const status = await stat(path).catch((cause: unknown) => {
    throw new NotFoundError(`There is no "${path}"`, { cause, hint: 'Give a model file or its folder.' });
  });
  if (status.isDirectory()) return identifyFolder(path);
  const header = await readHeader(path);
  if (header.length === 0) {
    throw new InvalidInputError(`"${path}" is empty`, { hint: 'Copy it again from where it was made.' });
  }
  return { format: formatOf(path, header), file: path };
}

async function identifyFolder(folder: string): Promise<ModelLocation> {
  const names = await readdir(folder);
  if (names.includes('saved_model.pb')) {
    throw new InvalidInputError(`"${folder}" is a TensorFlow SavedModel`, {
      hint: `Export it to ONNX: ${exportLine.savedModel(folder)}`,
    });
  }
  const graphs = names.filter((name) => name.endsWith('.onnx'));
  if (graphs.length > 1) {
    throw new InvalidInputError(`"${folder}" has several models: ${graphs.sort().join(', ')}`, {
      hint: 'Give the file itself.',
    });
  }
  const [graph] = graphs;
  if (graph !== undefined) return { format: 'onnx', file: join(folder, graph) };
  if (names.includes('model.json')) return { format: 'tfjs', file: join(folder, 'model.json') };
  if (names.some((name) => name.endsWith('.safetensors') || name === 'pytorch_model.bin')) {
    throw new InvalidInputError(`"${folder}" holds weights of PyTorch, without the network`, {
      hint: `Export it to ONNX, a model of transformers with: ${exportLine.transformers(folder)}`,
    });
  }
  throw new InvalidInputError(`"${folder}" holds no model`, {
    hint: 'Give a folder with an .onnx file, or with the model.json of TensorFlow.js, or give the file itself.',
  });
}

async function readHeader(path: string): Promise<Buffer> {
  const file = await openRegularFile(path).catch((error: unknown) => {
    if (!(error instanceof GraftError)) throw error;
    throw new InvalidInputError(`"${path}" cannot be read: ${error.message}`, {
      cause: error,
      hint: error.hint ?? 'Give a model file or its folder.',
    });
  });
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function formatOf(path: string, header: Buffer): ModelFormat {
  const text = header.toString('latin1');
  const extension = extname(path).toLowerCase();
  if (text.startsWith('\x89HDF\r\n\x1a\n')) return 'keras-h5';
  if (text.startsWith('PK\x03\x04')) {
    if (!/\/(data|constants)\.pkl/.test(text)) return 'keras';
    throw isTorch(path);
  }
  // Python's pickle, protocol 2 and later.
  if (header[0] === 0x80 && header[1]! >= 2 && header[1]! <= 5) throw isTorch(path);
  if (text.startsWith('version https://git-lfs')) {
    throw new InvalidInputError(`"${path}" is a pointer of Git LFS, not the file itself`, {
      hint: 'Fetch the file with `git lfs pull`.',
    });
  }
  if (isSafetensors(header)) {
    throw new InvalidInputError(`"${path}" holds weights in the safetensors format, without the network`, {
      hint: `Export the network to ONNX, with the name that it has in timm: ${exportLine.torch(path)}`,
    });
  }
  if (text.slice(4, 8) === 'TFL3') {
    throw new InvalidInputError(`"${path}" is a model of TensorFlow Lite`, {
      hint: `Export it to ONNX: ${exportLine.tflite(path)}`,
    });
  }
  if (text.slice(4, 8) === 'ORTM') {
    throw new InvalidInputError(`"${path}" is in ONNX Runtime's own format`, {
      hint: 'Give the .onnx file that it was made from.',
    });
  }
  if (text.trimStart().startsWith('{')) return 'tfjs';
  if (extension === '.pb' || extension === '.pbtxt') {
    throw new InvalidInputError(`"${path}" is a graph of TensorFlow`, {
      hint: `Save it as a SavedModel and export that to ONNX: ${exportLine.savedModel('FOLDER')}`,
    });
  }
  return 'onnx';
}

const isTorch = (path: string) =>
  new InvalidInputError(`"${path}" is a file of PyTorch`, {
    hint: `Export the network to ONNX, with the name that it has in timm: ${exportLine.torch(path)}`,
  });

/** Length of a header in JSON, then the header. */
const isSafetensors = (header: Buffer) =>
  header.length > 9 && header.readBigUInt64LE(0) < 100_000_000n && header[8] === 0x7b && header[9] !== 0x0a;
