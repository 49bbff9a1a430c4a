/** A closed terminal or a dropped connection sends SIGHUP, `kill` and supervisors send SIGTERM, Ctrl-C sends SIGINT. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** How often a program that npm started looks whether npm is still there. */
const LOOK_EVERY_MS = 500;
/** A terminal's Ctrl-C goes to npm and its child alike, and npm hands it on once more, some milliseconds later: that is one. */
const SAME_ASK_MS = 1000;

/**
 * Calls back whenever this process is told to stop: by a signal, by the end of a process that started it with an IPC channel, or by
 * the end of the npm that started it. npm hands on SIGINT and SIGTERM only; of a SIGHUP or a SIGKILL its child hears nothing.
 * A second call means that somebody asks again: it comes of a signal alone, a second or more after the first one.
 *
 * @returns a function that stops listening
 */
export function whenToldToStop(callback: () => void): () => void {
  let toldAt: number | undefined;
  const hear = () => {
    const now = performance.now();
    if (toldAt !== undefined && now - toldAt < SAME_ASK_MS) return;
    toldAt = now;
    callback();
  };
  // Whoever started this process goes because of what was heard already.
  const hearFirst = () => {
    if (toldAt === undefined) hear();
  };
  for (const signal of SIGNALS) process.on(signal, hear);
  process.on('disconnect', hearFirst);
  const stopLooking = process.env.npm_lifecycle_event === undefined ? () => {} : whenParentEnds(hearFirst);
  return () => {
    for (const signal of SIGNALS) process.off(signal, hear);
    process.off('disconnect', hearFirst);
    stopLooking();
  };
}

/** A process whose parent has ended gets another parent. */
function whenParentEnds(callback: () => void): () => void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
