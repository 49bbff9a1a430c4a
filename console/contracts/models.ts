/** One version of a general model. */
export interface ModelRow {
  model: string;
  version: string;
  /** Bytes in S3. */
  size: number;
  /** Where it comes from, as one sentence; absent while the upload is not complete. */
  origin?: string;
  features?: string;
  agentVersion?: string;
  signature: { valid: boolean; text: string };
  /** The execution that its arrival has started. */
  execution: string;
}

/** One step of what a live model was made from. */
export interface LineageStep {
  kind: string;
  name: string;
  details: string[];
  /** Address of a page of the console. */
  href?: string;
  from: LineageStep[];
}
