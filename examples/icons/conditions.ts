/** Least and most; every photograph draws its own value from between. */
type Range = readonly [least: number, most: number];

/** What differs from photograph to photograph. */
export interface Conditions {
  /** Degrees, to either side. */
  turn: number;
  /** Side of the thing as a share of the photograph's. */
  scale: Range;
  /** Of the thing from the centre, as a share of the side, to every side. */
  shift: number;
  /** Things that look in from the border, at the most. */
  clutter: number;
  /** Brightness: 1 is as drawn. */
  exposure: Range;
  /** Colourfulness: 0 is grey, 1 is as drawn. */
  saturation: Range;
  /** Deviation of the sensor's noise, in steps of 256. */
  noise: Range;
  /** Length of the way that the camera moves while the shutter is open, as a share of the side. */
  motion: Range;
}

/** On a table, held by hand, in good light. */
export const ON_A_TABLE: Conditions = {
  turn: 25,
  scale: [0.68, 1],
  shift: 0.09,
  clutter: 3,
  exposure: [0.78, 1.18],
  saturation: [0.4, 1],
  noise: [1, 9],
  motion: [0, 0],
};

/**
 * From a moving car, between noon and dusk: upright, but farther away, often blurred, sometimes dark and
 * grainy.
 */
export const ON_THE_ROAD: Conditions = {
  turn: 8,
  scale: [0.62, 0.98],
  shift: 0.1,
  clutter: 4,
  exposure: [0.55, 1.2],
  saturation: [0.35, 1],
  noise: [2, 11],
  motion: [0, 0.08],
};
