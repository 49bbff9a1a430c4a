import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { crc32c } from './crc32c.ts';

/** What TensorBoard shows under one name. */
export type Summary = { tag: string } & (
  | { scalar: number }
  | { image: { png: Uint8Array; width: number; height: number } }
);

export interface EventFile {
  write(step: number, summaries: readonly Summary[]): void;
  close(): void;
}

/**
 * An event file as TensorBoard reads it: records of a length, the masked CRC-32C of the length, a message
 * Event, and the masked CRC-32C of the message. Field numbers are those of TensorBoard's event.proto and
 * summary.proto, which have not changed since 2015.
 *
 * @param folder is made where it is missing
 * @param fromStep what earlier files have from this step on is not shown any more: a training goes on there
 * @throws the system's error when it cannot be written
 */
export function openEventFile(folder: string, fromStep: number): EventFile {
  mkdirSync(folder, { recursive: true });
  const seconds = String(Math.floor(Date.now() / 1_000)).padStart(10, '0');
  const name = `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.0`;
  const file = openSync(join(folder, name), 'a');
  const append = (event: Uint8Array) => writeSync(file, recordOf(event));
  append(eventOf(0, (writer) => writer.tag(3, WireType.LengthDelimited).string('brain.Event:2')));
  if (fromStep > 0) {
    // The log of a session, whose status is START.
    append(
      eventOf(fromStep, (writer) => {
        writer.tag(7, WireType.LengthDelimited).fork().tag(1, WireType.Varint).int32(1).join();
      }),
    );
  }
  return {
    write(step, summaries) {
      append(eventOf(step, (writer) => writeSummaries(writer, summaries)));
    },
    close: () => closeSync(file),
  };
}

function eventOf(step: number, write: (writer: BinaryWriter) => void): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Bit64).double(Date.now() / 1_000);
  writer.tag(2, WireType.Varint).int64(step);
  write(writer);
  return writer.finish();
}

function writeSummaries(writer: BinaryWriter, summaries: readonly Summary[]) {
  writer.tag(5, WireType.LengthDelimited).fork();
  for (const summary of summaries) {
    writer.tag(1, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(summary.tag);
    if ('scalar' in summary) writer.tag(2, WireType.Bit32).float(summary.scalar);
    else {
      const { width, height, png } = summary.image;
      writer.tag(4, WireType.LengthDelimited).fork();
      writer.tag(1, WireType.Varint).int32(height).tag(2, WireType.Varint).int32(width);
      // Red, green and blue.
      writer.tag(3, WireType.Varint).int32(3).tag(4, WireType.LengthDelimited).bytes(png);
      writer.join();
    }
    writer.join();
  }
  writer.join();
}

function recordOf(content: Uint8Array): Buffer {
  const record = Buffer.alloc(12 + content.length + 4);
  record.writeBigUInt64LE(BigInt(content.length), 0);
  record.writeUInt32LE(masked(record.subarray(0, 8)), 8);
  record.set(content, 12);
  record.writeUInt32LE(masked(content), 12 + content.length);
  return record;
}

/** So that the sum of bytes that hold sums is still of use (as TensorFlow masks it). */
function masked(bytes: Uint8Array): number {
  const sum = crc32c(bytes);
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0;
}
