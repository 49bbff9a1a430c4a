import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Bytes on disk that are only needed while this process runs. */
export interface ScratchFile {
  /** Writes all bytes at this place. */
  write(bytes: Uint8Array, at: number): void;
  /** Fills the buffer with the bytes from this place on. */
  read(into: Uint8Array, at: number): void;
  /** Frees the space. */
  close(): void;
}

/**
 * A file in the system's folder for temporary files (`TMPDIR`). Its name is removed at once where the system
 * allows it, so that nothing is left on disk when the process is killed.
 */
export function openScratchFile(): ScratchFile {
  const folder = mkdtempSync(join(tmpdir(), 'graft-scratch-'));
  const file = openSync(join(folder, 'values'), 'wx+', 0o600);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const keepsOpenFiles = process.platform !== 'win32';
  if (keepsOpenFiles) remove();
  let open = true;
  return {
    write(bytes, at) {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(file, bytes, done, bytes.length - done, at + done);
      }
    },
    read(into, at) {
      for (let done = 0; done < into.length; ) {
        const count = readSync(file, into, done, into.length - done, at + done);
        if (count === 0) throw new RangeError(`nothing was written at byte ${at + done} of a scratch file`);
        done += count;
      }
    },
    close() {
      if (!open) return;
      open = false;
      closeSync(file);
      if (!keepsOpenFiles) remove();
    },
  };
}
