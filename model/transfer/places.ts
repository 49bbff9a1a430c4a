import { floats, type GraphPart, integers, node } from '../onnx/build.ts';
import type { FeatureOutput } from '../onnx/cut.ts';

/**
 * Averages a map, of shape [n, width, rows, columns], to `count` × `count` places of equal size, and lists
 * the values of all places. A map's cell
 * that lies in two places counts for each with the share that lies in it.
 *
 * The places are a product with a constant matrix, which every version of ONNX's operators can express for
 * every size of map, and so the served model computes them exactly as training did.
 *
 * @param output name of the result, shape [n, width × count²], the places of one feature beside each other
 */
export function placesOf(
  { name, width, places }: Required<FeatureOutput>,
  count: number,
  output: string,
): GraphPart {
  const cells = places.rows * places.columns;
  const names = { cells: `${output}/cells`, matrix: `${output}/matrix`, list: `${output}/list` };
  const shapes = { cells: `${output}/cells_shape`, list: `${output}/list_shape` };
  return {
    nodes: [
      node('Reshape', [name, shapes.cells], [names.cells]),
      node('MatMul', [names.cells, names.matrix], [names.list]),
      node('Reshape', [names.list, shapes.list], [output]),
    ],
    constants: [
      integers(shapes.cells, [0, width, cells]),
      floats(names.matrix, [cells, count * count], poolingMatrix(places.rows, places.columns, count)),
      integers(shapes.list, [0, width * count * count]),
    ],
  };
}

/**
 * Shares of each cell of a map in each place.
 *
 * @returns rows × columns × count² values, a row for each cell; the values of each column sum to 1
 */
export function poolingMatrix(rows: number, columns: number, count: number): Float32Array {
  const matrix = new Float32Array(rows * columns * count * count);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      for (let v = 0; v < count; v++) {
        for (let u = 0; u < count; u++) {
          const share = overlap(y, rows, v, count) * overlap(x, columns, u, count);
          matrix[(y * columns + x) * count * count + v * count + u] = share;
        }
      }
    }
  }
  return matrix;
}

/** Share of cell `at` of `cells` in the average over part `part` of `count`, along one direction. */
function overlap(at: number, cells: number, part: number, count: number): number {
  const size = cells / count;
  const covered = Math.min(at + 1, (part + 1) * size) - Math.max(at, part * size);
  return Math.max(0, covered) / size;
}
