/** One kind of resource that a stage leaves: how to list and to delete them. */
export interface Part {
  /** Plural, as it is printed. */
  title: string;
  /** Names of the existing ones, of this stage only. */
  list(): Promise<string[]>;
  /** Deletes one. It is no error if it does not exist any more. */
  remove(name: string): Promise<void>;
}

/**
 * All names of a stage begin with this prefix. A stage's name has no hyphens, so no name of another stage
 * begins with it.
 */
export function prefixOf(stage: string): string {
  return `graft-${stage}-`;
}
