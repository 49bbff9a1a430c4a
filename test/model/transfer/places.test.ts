import { describe, expect, it } from 'vitest';
import { createRandom } from '#core/random.ts';
import { modelOf, toBytes, value } from '#model/onnx/build.ts';
import { openSession } from '#model/onnx/session.ts';
import { placesOf, poolingMatrix } from '#model/transfer/places.ts';
import { averageOf, distinctViews, unsureViewOf, viewsOf } from '#model/transfer/views.ts';

const SIZES: [number, number][] = [
  [1, 1],
  [4, 4],
  [7, 7],
  [5, 8],
  [12, 3],
];

describe('poolingMatrix', () => {
  it.each(SIZES)('shares a map of %i × %i cells evenly among the places', (rows, columns) => {
    for (const count of [1, 2, 3, 4, 7]) {
      const matrix = poolingMatrix(rows, columns, count);
      const places = count * count;
      expect(matrix).toHaveLength(rows * columns * places);
      for (let place = 0; place < places; place++) {
        let column = 0;
        for (let cell = 0; cell < rows * columns; cell++) column += matrix[cell * places + place]!;
        expect(column).toBeCloseTo(1, 5);
      }
      // Every cell counts as much as any other, over all places.
      for (let cell = 0; cell < rows * columns; cell++) {
        const row = matrix.subarray(cell * places, (cell + 1) * places);
        expect(row.reduce((sum, share) => sum + share, 0)).toBeCloseTo(places / (rows * columns), 5);
      }
    }
  });

  it('gives a cell on the border between two places to both, by the area in each', () => {
    // Three columns, two places: the middle column is half of the left one's smaller part.
    expect([...poolingMatrix(1, 3, 1)].map((share) => share.toFixed(4))).toEqual([
      '0.3333',
      '0.3333',
      '0.3333',
    ]);
    const matrix = poolingMatrix(2, 3, 2);
    const shares = (y: number, x: number) => [...matrix.subarray((y * 3 + x) * 4, (y * 3 + x + 1) * 4)];
    for (const [at, expected] of [
      [shares(0, 0), [2 / 3, 0, 0, 0]],
      [shares(0, 1), [1 / 3, 1 / 3, 0, 0]],
      [shares(1, 1), [0, 0, 1 / 3, 1 / 3]],
      [shares(1, 2), [0, 0, 0, 2 / 3]],
    ] as const) {
      for (const [place, share] of expected.entries()) expect(at[place]).toBeCloseTo(share, 6);
    }
  });
});

/** Mean of the map over a place: every cell is cut into count × count equal parts. */
function meanOver(map: Float32Array, [rows, columns]: [number, number], count: number, place: number) {
  const [v, u] = [Math.floor(place / count), place % count];
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const [y, x] = [Math.floor((v * rows + i) / count), Math.floor((u * columns + j) / count)];
      sum += map[y * columns + x]!;
    }
  }
  return sum / (rows * columns);
}

describe('placesOf', () => {
  it.each(SIZES)('averages maps of %i × %i in the graph, for several images', async (rows, columns) => {
    const width = 2;
    const random = createRandom('places', rows, columns);
    const data = Float32Array.from({ length: 2 * width * rows * columns }, () => random.normal());
    const map = { name: 'map', width, places: { rows, columns } };
    for (const count of [1, 2, 3]) {
      const { nodes, constants } = placesOf(map, count, 'out');
      const session = await openSession(
        toBytes(
          modelOf({
            name: 'places',
            inputs: [value('map', ['n', width, rows, columns])],
            outputs: [value('out', ['n', width * count * count])],
            nodes,
            constants,
          }),
        ),
      );
      const { out } = await session.run({ map: { dims: [2, width, rows, columns], data } });
      await session.close();

      expect(out!.dims).toEqual([2, width * count * count]);
      for (const [at, found] of out!.data.entries()) {
        const [channel, place] = [Math.floor(at / count ** 2), at % count ** 2];
        const own = data.subarray(channel * rows * columns, (channel + 1) * rows * columns);
        expect(found).toBeCloseTo(meanOver(own, [rows, columns], count, place), 4);
      }
    }
  });
});

describe('viewsOf', () => {
  const map = { name: 'map', width: 10, places: { rows: 3, columns: 4 } };
  const vector = { name: 'vector', width: 6 };
  const seen = (view: { output: string; features: string; places: number | undefined; width: number }) => [
    view.output,
    view.features,
    view.places,
    view.width,
  ];

  it('has a vector as it is, and a map at each number of places that is not finer than the map', () => {
    const views = viewsOf([map, vector], [1, 2, 4, 7]);

    expect(views.map(seen)).toEqual([
      ['map_places_1', 'map', 1, 10],
      ['map_places_2', 'map', 2, 40],
      // Four and seven are more than the map's three rows.
      ['map_places_3', 'map', 3, 90],
      ['vector', 'vector', undefined, 6],
    ]);
    expect(views.at(-1)!.part).toEqual({ nodes: [], constants: [] });
  });

  it('finds images of no class by the mean over a map, or by the vector, whatever places are tried', () => {
    expect(seen(unsureViewOf(map))).toEqual(['map_places_1', 'map', 1, 10]);
    expect(unsureViewOf(vector).output).toBe('vector');
    const all = distinctViews([...viewsOf([map], [2, 1]), unsureViewOf(map), averageOf(map, 2)]);
    expect(all.map(({ output }) => output)).toEqual(['map_places_2', 'map_places_1']);
  });
});
