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
  const strides = dims.map((_, axis) => dims.slice(axis + 1).reduce((a, b) => a * b, 1));
  const sizes = order.map((axis) => dims[axis]!);
  const steps = order.map((axis) => strides[axis]!);
  const result = new Float32Array(values.length);
  const last = sizes.length - 1;
  let to = 0;
  const walk = (axis: number, from: number) => {
    const size = sizes[axis]!;
    const step = steps[axis]!;
    for (let index = 0; index < size; index++, from += step) {
      if (axis === last) result[to++] = values[from]!;
      else walk(axis + 1, from);
    }
  };
  walk(0, 0);
  return result;
}
