/** How a training is doing on its held-out images. */
export interface Patience {
  /** Smallest loss so far; null before the first measurement. */
  bestLoss: number | null;
  /** Measurements since. */
  sinceBest: number;
}

/** After one more measurement. A loss that is no number is no progress. */
export function afterMeasurement({ bestLoss, sinceBest }: Patience, loss: number): Patience {
  const isBetter = bestLoss === null ? !Number.isNaN(loss) : loss < bestLoss;
  return isBetter ? { bestLoss: loss, sinceBest: 0 } : { bestLoss, sinceBest: sinceBest + 1 };
}
