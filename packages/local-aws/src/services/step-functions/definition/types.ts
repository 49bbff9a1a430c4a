import type { Json } from '../json.ts';

/** `{% … %}`, evaluated when the state runs. */
export type Expression = string;

export interface Retrier {
  ErrorEquals: string[];
  /** Seconds before the first retry; 1 if absent. */
  IntervalSeconds?: number | undefined;
  /** 3 if absent; 0 means never. */
  MaxAttempts?: number | undefined;
  /** Factor from one wait to the next; 2 if absent. */
  BackoffRate?: number | undefined;
  MaxDelaySeconds?: number | undefined;
  /** FULL draws each wait uniformly between 0 and what it would be. */
  JitterStrategy?: 'FULL' | 'NONE' | undefined;
}

export interface Catcher {
  ErrorEquals: string[];
  Next: string;
  Output?: Json | undefined;
  Assign?: Record<string, Json> | undefined;
}

interface Common {
  Comment?: string | undefined;
  QueryLanguage?: 'JSONata' | undefined;
}

interface Transition {
  Next?: string | undefined;
  End?: boolean | undefined;
}

interface Results {
  Output?: Json | undefined;
  Assign?: Record<string, Json> | undefined;
}

interface Handlers {
  Retry?: Retrier[] | undefined;
  Catch?: Catcher[] | undefined;
}

export interface PassState extends Common, Transition, Results {
  Type: 'Pass';
}

export interface TaskState extends Common, Transition, Results, Handlers {
  Type: 'Task';
  Resource: string;
  Arguments?: Json | undefined;
  TimeoutSeconds?: number | Expression | undefined;
  HeartbeatSeconds?: number | Expression | undefined;
}

export interface ChoiceRule extends Results {
  Condition: boolean | Expression;
  Next: string;
  Comment?: string | undefined;
}

export interface ChoiceState extends Common, Results {
  Type: 'Choice';
  Choices: ChoiceRule[];
  Default?: string | undefined;
}

export interface WaitState extends Common, Transition, Results {
  Type: 'Wait';
  Seconds?: number | Expression | undefined;
  /** ISO 8601 with offset, or an expression that gives one. */
  Timestamp?: string | undefined;
}

export interface SucceedState extends Common {
  Type: 'Succeed';
  Output?: Json | undefined;
}

export interface FailState extends Common {
  Type: 'Fail';
  Error?: string | undefined;
  Cause?: string | undefined;
}

/** A state machine inside a state: a branch, or what is done for each item. */
export interface Workflow {
  Comment?: string | undefined;
  StartAt: string;
  States: Record<string, State>;
}

export interface ParallelState extends Common, Transition, Results, Handlers {
  Type: 'Parallel';
  Branches: Workflow[];
  Arguments?: Json | undefined;
}

export interface MapState extends Common, Transition, Results, Handlers {
  Type: 'Map';
  Items?: Json | undefined;
  ItemSelector?: Json | undefined;
  ItemProcessor: Workflow;
  /** 0 or absent: as many as Step Functions runs at once. */
  MaxConcurrency?: number | Expression | undefined;
}

export type State =
  | PassState
  | TaskState
  | ChoiceState
  | WaitState
  | SucceedState
  | FailState
  | ParallelState
  | MapState;

export interface Definition extends Workflow {
  QueryLanguage?: 'JSONata' | undefined;
  Version?: string | undefined;
  TimeoutSeconds?: number | undefined;
}
