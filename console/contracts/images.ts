export type Part = 'train' | 'test' | 'other';

/** What lies in a domain's folder. */
export interface DomainImages {
  labels: {
    label: string;
    train: number;
    test: number;
    /** Written since the last promotion began. */
    fresh: number;
  }[];
  /** Images of none of the classes. */
  other: number;
  /** When the last promotion began; absent where there was none. */
  since?: string;
  /** What would keep a promotion from beginning. */
  problem?: string;
  /** A sentence each: duplicates, balance. */
  warnings: string[];
  /** Test images whose labels are worth a look: the live model is sure of another one. */
  suspicious: { id: string; truth: string; prediction: string; confidence: number }[];
}

export interface ImageRow {
  /** Below the part's folder: label and file name. */
  id: string;
  size: number;
}

export interface ChangedImage {
  part: Part;
  /** Below the part's folder. */
  id: string;
  /** Of a removed image: the version that was there. */
  version?: string;
}

export interface ChangedImages {
  count: number;
  /** At most 2,000 of them. */
  named: ChangedImage[];
}

/** What is different about a domain's images since its last promotion began. */
export interface DataChanges {
  since: string;
  added: ChangedImages;
  /** There before, with other content. */
  replaced: ChangedImages;
  removed: ChangedImages;
}
