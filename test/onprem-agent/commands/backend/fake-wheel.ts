import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import type { Machine } from '../../../../onprem-agent/commands/backend/wheel.ts';

/** The machine that `writeWheel` makes wheels for. */
export const MACHINE: Machine = { platform: 'linux', architecture: 'x64', glibc: '2.36' };

export interface WheelOptions {
  name?: string;
  version?: string;
  tags?: string[];
  requires?: string[];
  /** Instead of the files of a TensorFlow, or beside them. */
  files?: Record<string, string>;
  without?: string[];
}

/** A wheel with the shape of TensorFlow's and texts for content. */
export async function writeWheel(file: string, options: WheelOptions = {}): Promise<string> {
  const {
    name = 'tensorflow_cpu',
    version = '2.21.0',
    tags = ['cp312-cp312-manylinux_2_27_x86_64'],
  } = options;
  const about = `${name}-${version}.dist-info`;
  const requires = (options.requires ?? []).map((each) => `Requires-Dist: ${each}\n`).join('');
  const files: Record<string, string> = {
    [`${about}/WHEEL`]: `Wheel-Version: 1.0\n${tags.map((tag) => `Tag: ${tag}\n`).join('')}\n`,
    [`${about}/METADATA`]: `Metadata-Version: 2.4\nName: ${name}\nVersion: ${version}\n${requires}\nDescription: none\n`,
    'tensorflow/libtensorflow_cc.so.2': 'the operations',
    'tensorflow/libtensorflow_framework.so.2': 'the framework',
    'tensorflow/include/tensorflow/c/eager/c_api.h': '// the interface',
    'tensorflow/include/external/llvm/other.h': '// not needed',
    'tensorflow/python/keras.py': '# not needed',
    ...options.files,
  };
  const zip = new ZipFile();
  for (const [path, content] of Object.entries(files)) {
    if (!options.without?.includes(path)) zip.addBuffer(Buffer.from(content), path, { compress: false });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(file));
  return file;
}
