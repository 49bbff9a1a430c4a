/** Calls `work` for every item, at most `limit` at a time. After the first error no more calls start. */
export async function forEachBounded<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failed = false;
  const worker = async () => {
    while (next < items.length && !failed) {
      try {
        await work(items[next++]!);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const workers = Array.from({ length: Math.min(limit, items.length) }, worker);
  // Waits for all, so that nothing still runs when the error is reported.
  const results = await Promise.allSettled(workers);
  const rejected = results.find((result) => result.status === 'rejected');
  if (rejected) throw rejected.reason;
}

/** What `work` gives for every item, in their order, with at most `limit` calls at a time. */
export async function mapBounded<T, Result>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = new Array(items.length);
  await forEachBounded([...items.entries()], limit, async ([index, item]) => {
    results[index] = await work(item, index);
  });
  return results;
}
