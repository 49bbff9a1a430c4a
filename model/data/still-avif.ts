/**
 * What has to hold of an AVIF file before it is decoded. Its decoder cannot be stopped, and decodes every
 * frame that a picture's data have: 6 MB are room for 70,000 frames that say nothing new, and for half an
 * hour of work. The decoder itself refuses frames that are larger than the file says.
 *
 * @see https://aomediacodec.github.io/av1-avif/
 * @see ISO/IEC 14496-12, 8.11 (boxes) and https://aomediacodec.github.io/av1-spec/ 5.3 (units)
 */

/** A picture has one, a progressive one up to four; transparency is a picture of its own. */
const MOST_FRAMES = 8;
const PICTURE = 'av01';
/** Types of items: pictures, and what is about them. A grid of tiles may name one tile 65,000 times. */
const ITEMS = new Set([PICTURE, 'Exif', 'mime', 'uri ', 'tmap']);

/** Types of AV1's open bitstream units that are decoded. */
const FRAME_HEADER = 3;
const FRAME = 6;
const TILE_LIST = 8;

interface Range {
  from: number;
  to: number;
}

/**
 * The file as the decoder takes it: of a sequence its first picture.
 *
 * @throws Error saying what is wrong
 */
export function stillAvif(bytes: Uint8Array): Uint8Array {
  const file = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const whole = { from: 0, to: bytes.length };
  const box = childOf(file, whole, 'meta');
  // A version and flags come before its boxes.
  const meta = { from: box.from + 4, to: box.to };
  const items = itemTypes(file, childOf(file, meta, 'iinf'));
  if (items.get(primaryItem(file, childOf(file, meta, 'pitm'))) !== PICTURE) {
    throw new Error('its picture is not one of AV1');
  }
  const properties = childOf(file, childOf(file, meta, 'iprp'), 'ipco');
  const headers = [...boxesOf(file, properties)].filter(({ type }) => type === 'av1C');
  const extents = [...locations(file, meta)].filter(({ id }) => items.get(id) === PICTURE);
  const units = [...headers.map(({ from, to }) => bytes.subarray(from + 4, to)), ...partsOf(bytes, extents)];
  const frames = units.reduce((sum, each) => sum + countFrames(each), 0);
  if (frames > MOST_FRAMES) throw new Error(`its picture has ${frames} frames`);
  const copy = Uint8Array.from(bytes);
  // The decoder takes no file whose main brand says that it is a sequence.
  copy.set(Buffer.from('avif'), childOf(file, whole, 'ftyp').from);
  return copy;
}

/** The boxes that lie in a part of the file one after another, with their contents. */
function* boxesOf(file: DataView, { from, to }: Range): Generator<Range & { type: string }> {
  for (let at = from; at + 8 <= to; ) {
    const type = lettersAt(file, at + 4);
    let [size, head] = [file.getUint32(at), 8];
    if (size === 0) size = to - at;
    if (size === 1) [size, head] = [Number(file.getBigUint64(at + 8)), 16];
    if (size < head || at + size > to) throw new Error(`its box "${type}" is cut short`);
    yield { type, from: at + head, to: at + size };
    at += size;
  }
}

/** Readers differ in which of several boxes they take, so there may be only one. */
function childOf(file: DataView, range: Range, wanted: string): Range {
  const found = [...boxesOf(file, range)].filter(({ type }) => type === wanted);
  if (found.length !== 1) throw new Error(`it has ${found.length} boxes "${wanted}"`);
  return found[0]!;
}

const lettersAt = (file: DataView, at: number) =>
  String.fromCharCode(...[0, 1, 2, 3].map((n) => file.getUint8(at + n)));

function primaryItem(file: DataView, { from }: Range): number {
  return file.getUint8(from) === 0 ? file.getUint16(from + 4) : file.getUint32(from + 4);
}

/** What each item is, by its id. */
function itemTypes(file: DataView, { from, to }: Range): Map<number, string> {
  const types = new Map<number, string>();
  const start = from + (file.getUint8(from) === 0 ? 6 : 8);
  for (const { from: at } of boxesOf(file, { from: start, to })) {
    const isWide = file.getUint8(at) === 3;
    const id = isWide ? file.getUint32(at + 4) : file.getUint16(at + 4);
    const type = lettersAt(file, at + (isWide ? 10 : 8));
    if (!ITEMS.has(type)) throw new Error(`it has an item "${type}"`);
    if (types.has(id)) throw new Error(`it has two items ${id}`);
    types.set(id, type);
  }
  return types;
}

/** Where in the file each item's data lie. */
function* locations(file: DataView, meta: Range): Generator<{ id: number; extents: Range[] }> {
  const { from } = childOf(file, meta, 'iloc');
  const inMeta = [...boxesOf(file, meta)].find(({ type }) => type === 'idat');
  const version = file.getUint8(from);
  let at = from + 4;
  const read = (size: number) => {
    at += size;
    if (size === 0) return 0;
    if (size === 2) return file.getUint16(at - 2);
    if (size === 4) return file.getUint32(at - 4);
    if (size === 8) return Number(file.getBigUint64(at - 8));
    throw new Error(`it has numbers of ${size} bytes`);
  };
  const sizes = read(2);
  const [offsetSize, lengthSize, baseSize] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15];
  const indexSize = version === 0 ? 0 : sizes & 15;
  const idSize = version < 2 ? 2 : 4;
  const count = read(idSize);
  for (let n = 0; n < count; n++) {
    const id = read(idSize);
    const method = version === 0 ? 0 : read(2) & 15;
    if (method > 1) throw new Error('its data lie in another item');
    read(2);
    const base = read(baseSize) + (method === 1 ? (inMeta?.from ?? 0) : 0);
    const extents = Array.from({ length: read(2) }, () => {
      read(indexSize);
      const start = base + read(offsetSize);
      return { from: start, to: start + read(lengthSize) };
    });
    yield { id, extents };
  }
}

/** Each picture's data. Together they are no more than the file: it could name the same bytes many times. */
function partsOf(bytes: Uint8Array, pictures: readonly { extents: Range[] }[]): Uint8Array[] {
  const all = pictures.flatMap(({ extents }) => extents);
  const size = all.reduce((sum, { from, to }) => sum + to - from, 0);
  if (size > bytes.length) throw new Error('its picture is longer than the file');
  return pictures.map(({ extents }) =>
    Buffer.concat(extents.map(({ from, to }) => bytes.subarray(from, to))),
  );
}

/** Frames among the units of a picture. */
function countFrames(units: Uint8Array): number {
  let frames = 0;
  for (let at = 0; at < units.length; ) {
    const head = units[at]!;
    const type = (head >> 3) & 15;
    if (type === FRAME || type === FRAME_HEADER || type === TILE_LIST) frames++;
    at += (head & 4) === 0 ? 1 : 2;
    // Without a length it is the last one.
    if ((head & 2) === 0) break;
    let size = 0;
    for (let n = 0, isMore = true; isMore && n < 8; n++) {
      const byte = units[at++] ?? 0;
      size += (byte & 127) * 128 ** n;
      isMore = byte > 127;
    }
    at += size;
  }
  return frames;
}
