import { createRowStore } from '../data/row-store.ts';

/** Rows of equally many values, written and read a block at a time: in memory as long as they fit, else on disk. */
export interface FeatureRows {
  readonly rows: number;
  /** Values of a row. */
  readonly width: number;
  readonly onDisk: boolean;
  /** Writes the rows that begin at `from`. */
  write(values: Float32Array, from: number): void;
  /** Values of the rows from `from` to before `to`: not to be changed, and overwritten by the next read. */
  read(from: number, to: number): Float32Array;
  /** Gives memory or disk space back. */
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
