import { openScratchFile } from './scratch-file.ts';

/** Rows of equally many values, read and written a block at a time: in memory as long as they fit, else on disk. */
export interface FeatureRows {
  readonly rows: number;
  /** Values of a row. */
  readonly width: number;
  readonly onDisk: boolean;
  /** Writes the rows that begin at `from`. */
  write(values: Float32Array, from: number): void;
  /** Values of the rows from `from` to before `to`, as they are now: not to be changed, and overwritten by the next read. */
  read(from: number, to: number): Float32Array;
  /** Gives memory or disk space back. */
  close(): void;
}

/** @param memoryBytes rows that need more go to disk */
export function createFeatureRows(rows: number, width: number, memoryBytes: number): FeatureRows {
  const onDisk = rows * width * Float32Array.BYTES_PER_ELEMENT > memoryBytes;
  return { rows, width, onDisk, ...(onDisk ? onScratchFile(width) : inMemory(rows, width)) };
}

type Access = Pick<FeatureRows, 'write' | 'read' | 'close'>;

function inMemory(rows: number, width: number): Access {
  let all = new Float32Array(rows * width);
  return {
    write: (values, from) => all.set(values, from * width),
    read: (from, to) => all.subarray(from * width, to * width),
    close() {
      all = new Float32Array();
    },
  };
}

function onScratchFile(width: number): Access {
  const file = openScratchFile();
  const rowBytes = width * Float32Array.BYTES_PER_ELEMENT;
  let buffer = new Float32Array();
  return {
    write(values, from) {
      file.write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), from * rowBytes);
    },
    read(from, to) {
      const length = (to - from) * width;
      if (buffer.length < length) buffer = new Float32Array(length);
      file.read(new Uint8Array(buffer.buffer, 0, (to - from) * rowBytes), from * rowBytes);
      return buffer.subarray(0, length);
    },
    close: file.close,
  };
}
