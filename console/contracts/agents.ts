import type { AgentStatus } from '#core/contracts/agent-status.ts';

/** An agent that the console was told of, and what it says. */
export interface AgentRow {
  /** `this machine`, or the address. */
  name: string;
  status?: AgentStatus;
  /** Why it says nothing, and what a person can do about it. */
  problem?: { message: string; hint?: string };
}
