/** What one process measures of one model. */
export interface ImportMeasurement {
  /** Largest difference to the reference, relative to the reference's largest value; of all outputs compared. */
  difference: number;
  /** From the file to the bytes of the graph. */
  importSeconds: number;
  /** On one thread, one image a run. */
  millisecondsPerImage: number;
  megabytes: number;
}

/** One line of the report: `measured` is a text where it failed. */
export interface ImportRow {
  architecture: string;
  format: string;
  measured: ImportMeasurement | string;
}
