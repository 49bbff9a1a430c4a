import type { GateRow } from '#core/contracts/decision.ts';
import type { CurvePoint, Mode } from '#core/contracts/evaluation.ts';
import type { OutcomeName } from '#core/contracts/outcome.ts';
import type { DomainOutcome } from '#core/contracts/promotion-state.ts';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** What a person or an event has asked for. */
export type PromotionKind = 'promotion' | 'rollback' | 'gate-only' | 'forced';

/** One execution in the list. */
export interface ExecutionRow {
  execution: string;
  status: ExecutionStatus;
  kind?: PromotionKind;
  model?: string;
  version?: string;
  startedAt: string;
  endedAt?: string;
  /** The domains it names; all of them where it names none. */
  domains?: string[];
  /** Of an execution that succeeded. */
  outcomes?: Partial<Record<OutcomeName, number>>;
  /** One sentence about how it ended. */
  summary?: string;
}

/** One execution with its domains. */
export interface ExecutionDetails extends ExecutionRow {
  /** In the order in which they are promoted; absent until the model is verified. */
  items?: (Pick<DomainOutcome, 'domain'> & Partial<DomainOutcome>)[];
}

/** A state of the state machine, and where it stands in the picture. */
export interface GraphState {
  name: string;
  /** Comment in the state machine. */
  about?: string;
  column: number;
  row: number;
}

export interface Graph {
  states: GraphState[];
  edges: { from: string; to: string /** Taken after an error. */; caught: boolean }[];
}

/** How far a state is; a state that was never entered has none. */
export interface StateProgress {
  name: string;
  status: 'running' | 'done' | 'failed';
  startedAt: string;
  endedAt?: string;
  /** Calls, the first one included. */
  attempts: number;
  /** Of the last attempt that failed. */
  error?: string;
}

export interface Curve {
  mode: Mode;
  job: string;
  points: CurvePoint[];
  /** Execution that trained it, where an earlier baseline is used again. */
  reusedFrom?: string;
}

/** Whose lines: of a training job, or of all Lambda functions of the promotion together. */
export type LogName = Mode | 'functions';

export interface LogLine {
  at: string;
  text: string;
}

/** Of a training job that has ended. */
export interface Bill {
  billableSeconds?: number;
  /** USD at list prices; null when it is not known. */
  cost: number | null;
}

/** A question that waits for a person. */
export interface OpenApproval {
  expiresAt: string;
  askedAt: string;
  decision: 'PROMOTE' | 'REJECT';
  rows: GateRow[];
  baselineAccuracy: number;
  transferAccuracy: number;
}

/** Part of a report, as markup that the server has made of escaped text. */
export interface Section {
  id: string;
  title: string;
  markup: string;
}

/** What the stream about a domain's promotion tells, by the event's name. Each replaces the one before. */
export interface PromotionEvents {
  promotion: ExecutionRow;
  graph: Graph;
  states: StateProgress[];
  curve: Curve;
  /** Lines to add. */
  log: { of: LogName; lines: LogLine[] };
  /** What the training jobs cost, by their states. */
  bills: Record<string, Bill>;
  approval: OpenApproval | null;
  /** The report's sections, as far as the promotion has come. */
  report: Section[];
  outcome: { outcome: OutcomeName; reason: string };
  /** Nothing more will come. */
  end: { status: ExecutionStatus };
}
