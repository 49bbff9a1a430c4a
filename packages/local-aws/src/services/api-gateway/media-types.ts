/**
 * Whether a media type is binary for the API, which names types (`image/png`), families (`image/*`) or
 * everything. Parameters of the type do not count.
 */
export function isBinary(mediaType: string | undefined, binaryMediaTypes: readonly string[]): boolean {
  const type = mediaType?.split(';')[0]?.trim().toLowerCase() ?? '';
  return binaryMediaTypes.some((one) => {
    const wanted = one.toLowerCase();
    if (wanted === '*/*') return true;
    return wanted.endsWith('/*') ? type.startsWith(wanted.slice(0, -1)) : type !== '' && type === wanted;
  });
}
