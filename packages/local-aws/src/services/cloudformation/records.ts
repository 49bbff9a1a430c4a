import type { StackOutput } from '../../template/outputs.ts';
import type { ResourceStatus, StackResource } from '../../template/stack-resource.ts';

export type StackStatus =
  | 'REVIEW_IN_PROGRESS'
  | 'CREATE_IN_PROGRESS'
  | 'CREATE_COMPLETE'
  | 'CREATE_FAILED'
  | 'ROLLBACK_IN_PROGRESS'
  | 'ROLLBACK_COMPLETE'
  | 'ROLLBACK_FAILED'
  | 'UPDATE_IN_PROGRESS'
  | 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS'
  | 'UPDATE_COMPLETE'
  | 'UPDATE_FAILED'
  | 'UPDATE_ROLLBACK_IN_PROGRESS'
  | 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS'
  | 'UPDATE_ROLLBACK_COMPLETE'
  | 'UPDATE_ROLLBACK_FAILED'
  | 'DELETE_IN_PROGRESS'
  | 'DELETE_COMPLETE'
  | 'DELETE_FAILED';

/** What a stack is, or is asked to become. */
export interface Desired {
  /** JSON or YAML, as it was given. */
  templateBody: string;
  /** As given, without defaults. */
  parameters: Record<string, string>;
  tags: Record<string, string>;
  capabilities: string[];
  /** Folder of the template and its archives. Undefined for a template that came through the API. */
  folder?: string;
}

export interface StackRecord extends Desired {
  name: string;
  id: string;
  status: StackStatus;
  reason?: string;
  /** Milliseconds since 1970. */
  created: number;
  updated?: number;
  deleted?: number;
  /** In order of creation. During an operation: as they were before it. */
  resources: StackResource[];
  outputs: StackOutput[];
  /** Left from the last operation, to be removed yet. */
  cleanup: StackResource[];
  /** What the operation in progress is to make of the stack. */
  target?: Desired;
  /** What becomes of a creation that fails. */
  onFailure: 'ROLLBACK' | 'DELETE' | 'DO_NOTHING';
  /** Logical ids that the deletion in progress leaves alone. */
  retained?: string[];
  terminationProtection: boolean;
  changeSetId?: string;
}

export interface StackEvent {
  id: string;
  logicalId: string;
  physicalId: string;
  type: string;
  status: ResourceStatus | StackStatus;
  reason?: string;
  /** Milliseconds since 1970. */
  at: number;
  token?: string;
}

/** Change of a resource during an operation: with it, a restart knows what is there. */
export interface ResourceChange {
  logicalId: string;
  /** Absent when the resource is gone. */
  resource?: StackResource;
}
