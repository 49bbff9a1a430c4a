/**
 * Markers of a JPEG's frame header, which has its size: SOF0 to SOF15, without DHT, JPG and DAC among them.
 */
const isFrameHeader = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/**
 * Width and height of a JPEG image with 8 bits a value, from its frame header (ITU-T T.81, B.2.2). The
 * decoder says them too, but takes as long for it as for a fifth of decoding.
 *
 * @returns undefined where the header is not as expected, so that the decoder has to look
 */
export function jpegSize(bytes: Uint8Array): { width: number; height: number } | undefined {
  const word = (at: number) => bytes[at]! * 256 + bytes[at + 1]!;
  if (word(0) !== 0xffd8) return undefined;
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff; at += 2 + word(at + 2)) {
    if (!isFrameHeader(bytes[at + 1]!)) continue;
    const [precision, height, width] = [bytes[at + 4], word(at + 5), word(at + 7)];
    return precision === 8 && height > 0 && width > 0 ? { width, height } : undefined;
  }
  return undefined;
}
