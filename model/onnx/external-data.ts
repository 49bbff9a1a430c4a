import { type FileHandle, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { InvalidInputError, NotFoundError } from '#core/errors.ts';
import { openRegularFile } from '#core/regular-file.ts';
import { byteLength, typeName } from './constants.ts';
import { type GraphProto, type TensorProto, TensorProto_DataLocation } from './proto/onnx_pb.js';
import { tensorsIn } from './subgraphs.ts';

const HINT = 'Export the model again, and keep its files together in one folder.';

/** Constants whose values lie in files beside the model's. */
export const externalTensors = (graph: GraphProto): TensorProto[] =>
  [...tensorsIn(graph)].filter(({ dataLocation }) => dataLocation === TensorProto_DataLocation.EXTERNAL);

/**
 * Reads the values that lie in files beside the model's into the model. Nothing outside the model's folder is
 * read, because the file that names them may come from anywhere.
 *
 * @param file path of the model's file
 * @param onRead gets the bytes that were read since the last call
 * @throws NotFoundError, InvalidInputError naming the constant and the file
 */
export async function readExternalData(
  tensors: readonly TensorProto[],
  file: string,
  { onRead, signal }: { onRead(bytes: number): void; signal?: AbortSignal | undefined },
): Promise<void> {
  const folder = await realpath(dirname(file));
  const opened = new Map<string, { handle: FileHandle; size: number }>();
  try {
    for (const tensor of tensors) {
      signal?.throwIfAborted();
      const { location, offset, length } = placeOf(tensor);
      let data = opened.get(location);
      if (data === undefined) {
        const handle = await openBeside(folder, location);
        data = { handle, size: (await handle.stat()).size };
        opened.set(location, data);
      }
      if (offset + length > data.size) {
        throw new InvalidInputError(
          `${location} has ${data.size} bytes, and the constant ${tensor.name} should be at bytes ${offset} to ${offset + length}`,
          { hint: `The file was cut short, or belongs to another model. ${HINT}` },
        );
      }
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const { bytesRead } = await data.handle.read(bytes, done, length - done, offset + done);
        if (bytesRead === 0) throw new InvalidInputError(`${location} became shorter while it was read`);
        done += bytesRead;
      }
      onRead(length);
      tensor.rawData = bytes;
      tensor.externalData = [];
      tensor.dataLocation = TensorProto_DataLocation.DEFAULT;
    }
  } finally {
    await Promise.all([...opened.values()].map(({ handle }) => handle.close()));
  }
}

function placeOf(tensor: TensorProto): { location: string; offset: number; length: number } {
  const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
  const location = entries.get('location') ?? '';
  const expected = byteLength(tensor);
  if (expected === undefined) {
    throw new InvalidInputError(
      `The constant ${tensor.name} of ${typeName(tensor.dataType)} lies in a file of its own, which is not supported`,
      { hint: HINT },
    );
  }
  const [offset, length] = [Number(entries.get('offset') ?? 0), Number(entries.get('length') ?? expected)];
  if (!Number.isSafeInteger(offset) || offset < 0 || length !== expected) {
    throw new InvalidInputError(
      `The constant ${tensor.name} has ${expected} bytes, and the model's file says offset ${entries.get('offset') ?? 0}, length ${entries.get('length')} in ${location}`,
      { hint: HINT },
    );
  }
  return { location, offset, length };
}

async function openBeside(folder: string, location: string): Promise<FileHandle> {
  const outside = () =>
    new InvalidInputError(`The model keeps constants in "${location}", outside its own folder`, {
      hint: HINT,
    });
  const names = location.split(/[/\\]/);
  if (location === '' || isAbsolute(location) || /^[A-Za-z]:/.test(location) || names.includes('..')) {
    throw outside();
  }
  const path = await realpath(join(folder, ...names)).catch((cause: unknown) => {
    throw new NotFoundError(`The model keeps constants in "${location}", which is not beside it`, {
      cause,
      hint: `Copy ${location} into the model's folder, under exactly this name.`,
    });
  });
  const within = relative(folder, path);
  if (within === '..' || within.startsWith(`..${sep}`) || isAbsolute(within)) throw outside();
  return openRegularFile(path);
}
