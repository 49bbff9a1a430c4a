/** A stretch of time in milliseconds, from `from` to `to`. */
export interface Span {
  from: number;
  to: number;
}

/** The same time without overlaps, in order. */
export function union(spans: readonly Span[]): Span[] {
  const joined: Span[] = [];
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (to <= from) continue;
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else joined.push({ from, to });
  }
  return joined;
}

/** The parts of `spans` that are within `frame`. */
export function within(frame: Span, spans: readonly Span[]): Span[] {
  return union(
    spans.map(({ from, to }) => ({ from: Math.max(from, frame.from), to: Math.min(to, frame.to) })),
  );
}

/** Milliseconds covered, overlaps counted once. */
export function lengthOf(spans: readonly Span[]): number {
  return union(spans).reduce((sum, { from, to }) => sum + to - from, 0);
}

/**
 * Divides a period of time among kinds of work. Each moment counts for the first kind that runs in it, so
 * that the shares add up to the whole.
 *
 * @param kinds in order of precedence
 * @returns milliseconds by kind; `rest` is the time in which none of them went on
 */
export function divide<Kind extends string>(
  frame: Span,
  kinds: readonly (readonly [Kind, readonly Span[]])[],
): Record<Kind | 'rest', number> {
  const shares: Record<string, number> = {};
  let before: Span[] = [];
  for (const [kind, spans] of kinds) {
    const together = within(frame, [...before, ...spans]);
    shares[kind] = lengthOf(together) - lengthOf(before);
    before = together;
  }
  shares.rest = frame.to - frame.from - lengthOf(before);
  return shares as Record<Kind | 'rest', number>;
}
