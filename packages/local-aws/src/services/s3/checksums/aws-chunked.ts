import { Transform, type TransformCallback } from 'node:stream';
import { incompleteBody } from '../errors.ts';

/** No chunk header or trailer that a client sends is anywhere near this long. */
const LONGEST_LINE = 16 * 1024;

/**
 * Decodes `Content-Encoding: aws-chunked`: `<hex size>[;chunk-signature=…]\r\n<bytes>\r\n`, the last chunk of
 * size 0, then trailers. Clients send it whenever they compute a checksum while they stream, which SDK v3
 * does by default. Chunk signatures are read over, not verified. `trailers` is complete when the stream has
 * ended.
 *
 * Source: "Signature calculations … transferring payload in multiple chunks" and "Checksums with trailing
 * headers", S3's API reference.
 */
export class AwsChunkedDecoder extends Transform {
  /** By lower-case name. */
  readonly trailers = new Map<string, string>();
  #state: 'size' | 'data' | 'after-data' | 'trailers' | 'done' = 'size';
  #line = '';
  #left = 0;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      this.#take(chunk);
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    done(this.#state === 'done' ? null : incompleteBody());
  }

  #take(chunk: Buffer): void {
    let position = 0;
    while (position < chunk.length && this.#state !== 'done') {
      if (this.#state === 'data') {
        const end = Math.min(chunk.length, position + this.#left);
        this.push(chunk.subarray(position, end));
        this.#left -= end - position;
        position = end;
        if (this.#left === 0) this.#state = 'after-data';
        continue;
      }
      const newline = chunk.indexOf(0x0a, position);
      const end = newline === -1 ? chunk.length : newline;
      this.#line += chunk.toString('latin1', position, end);
      if (this.#line.length > LONGEST_LINE) throw incompleteBody();
      position = end + 1;
      if (newline !== -1) {
        const line = this.#line.replace(/\r$/, '');
        this.#line = '';
        this.#onLine(line);
      }
    }
  }

  #onLine(line: string): void {
    if (this.#state === 'size') {
      const size = /^([0-9a-fA-F]{1,16})(;|$)/.exec(line)?.[1];
      if (size === undefined) throw incompleteBody();
      this.#left = Number.parseInt(size, 16);
      this.#state = this.#left === 0 ? 'trailers' : 'data';
    } else if (this.#state === 'after-data') {
      if (line !== '') throw incompleteBody();
      this.#state = 'size';
    } else if (line === '') {
      this.#state = 'done';
    } else {
      const colon = line.indexOf(':');
      if (colon < 1) throw incompleteBody();
      this.trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
    }
  }
}
