import { openScratchFile } from './scratch-file.ts';

/**
 * Rows of the same number of bytes, written and read a block at a time. They are in memory if they fit,
 * otherwise on disk.
 */
export interface RowStore {
  readonly onDisk: boolean;
  /** Writes the rows that begin at `from`. */
  write(bytes: Uint8Array, from: number): void;
  /**
   * Bytes of the rows from `from` to before `to`. They must not be changed, and the next read overwrites
   * them.
   */
  read(from: number, to: number): Uint8Array;
  /** Frees the memory or disk space. */
  close(): void;
}

/** @param memoryBytes rows that need more go to disk */
export function createRowStore(rows: number, rowBytes: number, memoryBytes: number): RowStore {
  return rows * rowBytes > memoryBytes ? onDisk(rowBytes) : inMemory(rows, rowBytes);
}

function inMemory(rows: number, rowBytes: number): RowStore {
  let all = new Uint8Array(rows * rowBytes);
  return {
    onDisk: false,
    write: (bytes, from) => all.set(bytes, from * rowBytes),
    read: (from, to) => all.subarray(from * rowBytes, to * rowBytes),
    close() {
      all = new Uint8Array();
    },
  };
}

function onDisk(rowBytes: number): RowStore {
  const file = openScratchFile();
  let buffer = new Uint8Array();
  return {
    onDisk: true,
    write: (bytes, from) => file.write(bytes, from * rowBytes),
    read(from, to) {
      const length = (to - from) * rowBytes;
      if (buffer.length < length) buffer = new Uint8Array(length);
      const bytes = buffer.subarray(0, length);
      file.read(bytes, from * rowBytes);
      return bytes;
    },
    close: file.close,
  };
}
