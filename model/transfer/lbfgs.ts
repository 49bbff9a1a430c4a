/** A function's value and gradient at a point. The gradient's array is copied, and can be used again. */
export interface Measured {
  value: number;
  gradient: Float64Array;
}

export interface LbfgsOptions {
  /** Evaluations of the function, at the most. */
  evaluations: number;
  /** Ends when an iteration lowers the value by less than this share of it. */
  tolerance: number;
}

/** Pairs of changes that approximate the Hessian. */
const MEMORY = 10;
/** Share of the predicted decrease that a step has to reach (Armijo's condition). */
const SUFFICIENT = 1e-4;
const SHORTEST_STEP = 1e-6;
const FLAT = 1e-10;

/**
 * Minimises a smooth convex function by L-BFGS (Nocedal & Wright, "Numerical Optimization", 2006, algorithms
 * 7.4 and 7.5) with a backtracking line search. It is a generator that yields the point at which it needs
 * value and gradient, so that the caller can evaluate the points of several searches in one pass.
 *
 * @returns the best point found
 */
export function* lbfgs(
  start: Float64Array,
  { evaluations, tolerance }: LbfgsOptions,
): Generator<Float64Array, Float64Array, Measured> {
  const steps: Float64Array[] = [];
  const changes: Float64Array[] = [];
  let point: Float64Array = start.slice();
  const first = yield point;
  let value = first.value;
  let gradient: Float64Array = first.gradient.slice();
  for (let used = 1; used < evaluations; ) {
    const direction = descent(gradient, steps, changes);
    const slope = dot(direction, gradient);
    if (!(slope < 0)) return point;
    let length = steps.length > 0 ? 1 : Math.min(1, 1 / Math.sqrt(dot(gradient, gradient)));
    let accepted: { at: Float64Array; measured: Measured } | undefined;
    for (; !accepted && used < evaluations && length >= SHORTEST_STEP; used++, length /= 2) {
      const at = point.map((x, i) => x + length * direction[i]!);
      const measured = yield at;
      if (measured.value <= value + SUFFICIENT * length * slope) accepted = { at, measured };
    }
    if (!accepted) return point;
    const { at, measured } = accepted;
    const step = at.map((x, i) => x - point[i]!);
    const change = measured.gradient.map((x, i) => x - gradient[i]!);
    // Where the function is flat, rounding could turn the curvature's sign.
    if (dot(step, change) > FLAT * dot(change, change)) {
      remember(steps, step);
      remember(changes, change);
    }
    const gain = value - measured.value;
    point = at;
    value = measured.value;
    gradient = measured.gradient.slice();
    if (gain <= tolerance * Math.abs(value)) return point;
  }
  return point;
}

/** `−H g`, with the inverse Hessian H as the remembered pairs describe it (the two-loop recursion). */
function descent(gradient: Float64Array, steps: Float64Array[], changes: Float64Array[]): Float64Array {
  const direction = gradient.map((x) => -x);
  const alphas: number[] = [];
  for (let k = steps.length - 1; k >= 0; k--) {
    const alpha = dot(steps[k]!, direction) / dot(changes[k]!, steps[k]!);
    alphas[k] = alpha;
    add(direction, changes[k]!, -alpha);
  }
  const last = steps.length - 1;
  if (last >= 0) {
    const scale = dot(steps[last]!, changes[last]!) / dot(changes[last]!, changes[last]!);
    for (let i = 0; i < direction.length; i++) direction[i]! *= scale;
  }
  for (let k = 0; k < steps.length; k++) {
    const beta = dot(changes[k]!, direction) / dot(changes[k]!, steps[k]!);
    add(direction, steps[k]!, alphas[k]! - beta);
  }
  return direction;
}

function remember(list: Float64Array[], vector: Float64Array) {
  list.push(vector);
  if (list.length > MEMORY) list.shift();
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function add(to: Float64Array, vector: Float64Array, factor: number) {
  for (let i = 0; i < to.length; i++) to[i]! += factor * vector[i]!;
}
