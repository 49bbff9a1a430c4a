import { describe, expect, it } from 'vitest';
import { lbfgs, type Measured } from '#model/transfer/lbfgs.ts';

type Problem = (point: Float64Array) => Measured;

/** Answers the search until it is done. */
function drive(search: Generator<Float64Array, Float64Array, Measured>, problem: Problem) {
  let asked = 0;
  let answer = search.next();
  while (!answer.done) {
    asked++;
    answer = search.next(problem(answer.value));
  }
  return { point: answer.value, asked };
}

/** Σ scale (x − i)² with scales from 1 to 1,000: badly conditioned, with its minimum at (0, 1, 2, …). */
const valley: Problem = (point) => {
  const scale = point.map((_, i) => 10 ** ((3 * i) / (point.length - 1)));
  return {
    value: point.reduce((sum, x, i) => sum + scale[i]! * (x - i) ** 2, 0),
    gradient: point.map((x, i) => 2 * scale[i]! * (x - i)),
  };
};

describe('lbfgs', () => {
  it('finds the minimum of a badly conditioned valley', () => {
    const { point } = drive(lbfgs(new Float64Array(8), { evaluations: 200, tolerance: 1e-14 }), valley);

    for (const [i, x] of point.entries()) expect(x).toBeCloseTo(i, 4);
  });

  it('asks no more often than allowed, and then returns the best point so far', () => {
    const { point, asked } = drive(lbfgs(new Float64Array(8), { evaluations: 5, tolerance: 0 }), valley);

    expect(asked).toBe(5);
    expect(valley(point).value).toBeLessThan(valley(new Float64Array(8)).value);
  });

  it('shortens a step that leads uphill', () => {
    const steep: Problem = ([x]) => ({ value: x! ** 4, gradient: Float64Array.of(4 * x! ** 3) });

    const { point } = drive(lbfgs(Float64Array.of(3), { evaluations: 100, tolerance: 1e-12 }), steep);

    expect(Math.abs(point[0]!)).toBeLessThan(0.1);
  });

  it('ends at once at a minimum', () => {
    const start = Float64Array.of(0, 1, 2);

    const { point, asked } = drive(lbfgs(start, { evaluations: 100, tolerance: 1e-6 }), valley);

    expect(asked).toBe(1);
    expect(point).toEqual(start);
  });
});
