/** One kind of thing that a stage leaves: what there is of it, and how one goes. */
export interface Part {
  /** Plural, as it is printed. */
  title: string;
  /** Names of what is there, each of this stage only. */
  list(): Promise<string[]>;
  /** Deleting what is gone already is fine. */
  remove(name: string): Promise<void>;
}

/**
 * Every name that a stage may touch begins like this. Stages have no hyphens, so it begins no name of another
 * stage.
 */
export function prefixOf(stage: string): string {
  return `graft-${stage}-`;
}
