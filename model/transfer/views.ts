import type { Features } from '#core/contracts/manifest.ts';
import type { GraphPart } from '../onnx/build.ts';
import type { FeatureOutput } from '../onnx/cut.ts';
import { placesOf } from './places.ts';

type GeneralFeatures = Omit<Features, 'reference'>;

/** One way to see a general model's features: a vector, or a map averaged to some places. */
export interface FeatureView {
  /** Name of the output that has them, shape [n, width]. */
  output: string;
  /** Name of the general model's output that they are made from. */
  features: string;
  /** n of n × n places; undefined for a vector. */
  places: number | undefined;
  width: number;
  /** What makes them from the general model's output; empty for a vector. */
  part: GraphPart;
}

/**
 * The views among which validation chooses: each vector, and each map at each number of places that is not
 * finer than the map.
 *
 * @param counts n of n × n places, as the recipe names them
 */
export function viewsOf(features: readonly GeneralFeatures[], counts: readonly number[]): FeatureView[] {
  return features.flatMap(({ name, width, places }): FeatureView[] => {
    if (!places) {
      const part = { nodes: [], constants: [] };
      return [{ output: name, features: name, places: undefined, width, part }];
    }
    const finest = Math.min(places.rows, places.columns);
    const distinct = [...new Set(counts.map((count) => Math.min(count, finest)))];
    return distinct.map((count) => averageOf({ name, width, places }, count));
  });
}

/** A map averaged to `count` × `count` places. */
export function averageOf(map: Required<FeatureOutput>, count: number): FeatureView {
  const output = `${map.name}_places_${count}`;
  return {
    output,
    features: map.name,
    places: count,
    width: map.width * count * count,
    part: placesOf(map, count, output),
  };
}

/** The view by which images of no class are found: the mean over all places. See `measureDomain`. */
export function unsureViewOf(features: GeneralFeatures): FeatureView {
  return viewsOf([features], [1])[0]!;
}

/** Each output once. */
export const distinctViews = (views: readonly FeatureView[]): FeatureView[] => [
  ...new Map(views.map((view) => [view.output, view])).values(),
];
