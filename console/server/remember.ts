/**
 * Keeps what never changes any more, so that it is read once.
 *
 * @param limit how many values; of more, those are forgotten that were not asked for the longest
 * @returns what finds a value by its key. `find` answers `undefined` for what is not final: it is asked again
 */
export function remember<Value>(limit: number) {
  const known = new Map<string, Value>();
  return async function read(
    key: string,
    find: () => Promise<Value | undefined>,
  ): Promise<Value | undefined> {
    const value = known.get(key) ?? (await find());
    if (value === undefined) return undefined;
    known.delete(key);
    known.set(key, value);
    if (known.size > limit) known.delete(known.keys().next().value!);
    return value;
  };
}
