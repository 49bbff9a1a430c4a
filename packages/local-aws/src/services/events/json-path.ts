/**
 * Reads a value by EventBridge's subset of JSONPath: `$.detail.items[0]`, `$['detail-type']`. Undefined where
 * there is none.
 */
export function byPath(value: unknown, path: string): unknown {
  let current = value;
  for (const step of parsePath(path)) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<string | number, unknown>)[step];
  }
  return current;
}

/** @throws RangeError for what is no such path */
export function parsePath(path: string): (string | number)[] {
  if (!path.startsWith('$')) throw new RangeError(`"${path}" is no JSON path: it begins with $`);
  const steps: (string | number)[] = [];
  const pattern = /\.([^.[\]*?@()]+)|\[(\d+)\]|\['([^']+)'\]/y;
  pattern.lastIndex = 1;
  while (pattern.lastIndex < path.length) {
    const found = pattern.exec(path);
    if (found === null) throw new RangeError(`"${path}" is no JSON path that EventBridge takes`);
    steps.push(found[1] ?? found[3] ?? Number(found[2]));
  }
  return steps;
}
