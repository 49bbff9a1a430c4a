/** Runs a decoder as soon as there is room for so many pixels, in the order of calls. */
export type PixelBudget = <T>(pixels: number, decode: () => Promise<T>) => Promise<T>;

/**
 * Lets images be decoded side by side as long as they have no more pixels than `limit` together: a decoder
 * may need all of an image's pixels at once. An image with more of them is decoded alone.
 */
export function createPixelBudget(limit: number): PixelBudget {
  const waiting: { share: number; start: () => void }[] = [];
  let free = limit;

  function startNext() {
    while (waiting.length > 0 && waiting[0]!.share <= free) {
      const { share, start } = waiting.shift()!;
      free -= share;
      start();
    }
  }

  return async (pixels, decode) => {
    const share = Math.min(pixels, limit);
    await new Promise<void>((start) => {
      waiting.push({ share, start });
      startNext();
    });
    try {
      return await decode();
    } finally {
      free += share;
      startNext();
    }
  };
}
