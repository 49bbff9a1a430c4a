/** Whether a media type, parameters aside, is one of the API's binary ones (`image/png`, a whole family, or everything). */
export function isBinary(mediaType: string | undefined, binaryMediaTypes: readonly string[]): boolean {
  const type = mediaType?.split(';')[0]?.trim().toLowerCase() ?? '';
  return binaryMediaTypes.some((one) => {
    const wanted = one.toLowerCase();
    if (wanted === '*/*') return true;
    return wanted.endsWith('/*') ? type.startsWith(wanted.slice(0, -1)) : type !== '' && type === wanted;
  });
}
