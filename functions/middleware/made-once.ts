/**
 * Makes a function at its first call, so that importing its file (in a test, by a bundler) needs no
 * environment. When that fails, the next call tries again.
 */
export function madeOnce<Event, Result>(create: () => (event: Event) => Promise<Result>) {
  let run: ((event: Event) => Promise<Result>) | undefined;
  return (event: Event): Promise<Result> => {
    run ??= create();
    return run(event);
  };
}
