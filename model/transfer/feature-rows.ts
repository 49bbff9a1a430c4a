import { createRowStore } from '../data/row-store.ts';

/**
 * Rows of the same number of values, written and read a block at a time. They are in memory if they fit,
 * otherwise on disk.
 */
export interface FeatureRows {
  readonly rows: number;
  /** Values of a row. */
  readonly width: number;
  readonly onDisk: boolean;
  /** Writes the rows that begin at `from`. */
  write(values: Float32Array, from: number): void;
  /**
   * Values of the rows from `from` to before `to`. They must not be changed, and the next read overwrites
   * them.
   */
  read(from: number, to: number): Float32Array;
  /** Frees the memory or disk space. */
  close(): void;
}

/** @param memoryBytes rows that need more go to disk */
export function createFeatureRows(rows: number, width: number, memoryBytes: number): FeatureRows {
  const store = createRowStore(rows, width * Float32Array.BYTES_PER_ELEMENT, memoryBytes);
  return {
    rows,
    width,
    onDisk: store.onDisk,
    write: (values, from) =>
      store.write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), from),
    read(from, to) {
      const bytes = store.read(from, to);
      return new Float32Array(bytes.buffer, bytes.byteOffset, (to - from) * width);
    },
    close: store.close,
  };
}
