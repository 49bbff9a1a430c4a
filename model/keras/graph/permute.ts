/**
 * Changes the order of an array's dimensions, as numpy's `transpose` does.
 *
 * @param order the source's dimension for each of the result's
 */
export function permute(
  values: Float32Array,
  dims: readonly number[],
  order: readonly number[],
): Float32Array {
  const axes = joinedAxes(dims, order);
  if (axes.length <= 1) return values;
  const result = new Float32Array(values.length);
  const { size: lastSize, step: lastStep } = axes.pop()!;
  let to = 0;
  const walk = (axis: number, from: number) => {
    if (axis === axes.length) {
      for (let index = 0, at = from; index < lastSize; index++, at += lastStep) result[to++] = values[at]!;
      return;
    }
    const { size, step } = axes[axis]!;
    for (let index = 0, at = from; index < size; index++, at += step) walk(axis + 1, at);
  };
  walk(0, 0);
  return result;
}

/** The result's dimensions, with their steps in the source. Neighbours that stay so become one. */
function joinedAxes(dims: readonly number[], order: readonly number[]): { size: number; step: number }[] {
  const axes: { size: number; step: number }[] = [];
  for (const axis of order) {
    const size = dims[axis]!;
    const step = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
    const before = axes.at(-1);
    if (size === 1) continue;
    if (before && before.step === size * step) axes[axes.length - 1] = { size: before.size * size, step };
    else axes.push({ size, step });
  }
  return axes;
}
