/**
 * Media type of an image by its first bytes, never by its name. What is none of the three is sent as what it is: unknown bytes,
 * for the receiver to refuse.
 */
export function contentType(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (start.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (start.startsWith('\x89PNG')) return 'image/png';
  if (start.startsWith('RIFF') && start.endsWith('WEBP')) return 'image/webp';
  return 'application/octet-stream';
}
