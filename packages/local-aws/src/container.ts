import type { Supervisor } from './processes/supervisor.ts';

/** A program and its arguments. The program is an absolute path or a name on this process's PATH. */
export type Command = readonly [program: string, ...args: string[]];

/**
 * Names of environment variables. They tell a program its own folder, address and port, which are the same in
 * every real container.
 */
export interface ContainerVariables {
  /** Folder in place of `/opt/ml`. */
  root: string;
  /** Address that `serve` listens on, in place of `0.0.0.0`. */
  host: string;
  /** Port that `serve` listens on, in place of 8080. */
  port: string;
}

/**
 * The programs that run in place of every container image of SageMaker. They are child processes of the local
 * AWS, not containers: several of them run at once, so each has a folder of its own in place of `/opt/ml` and
 * a port of its own in place of 8080.
 */
export interface ContainerOptions {
  /** Runs for each training job; without it every training job fails. */
  train?: Command;
  /** Runs for each instance of an endpoint; without it every endpoint fails. */
  serve?: Command;
  /** By default the names that SageMaker's own toolkits read, where they have one. */
  variables?: Partial<ContainerVariables>;
  /** Training jobs that run at the same time, by default 2; further ones wait. */
  concurrentJobs?: number;
  /**
   * Serverless endpoints with a running process, by default 8. Others start when they are invoked, and the
   * process that was idle for longest ends.
   */
  warmContainers?: number;
  /** Each spot training job is interrupted once, after so many seconds of training. Never by default. */
  spotSeconds?: number;
  /** Starts the programs, by default as child processes. Tests run them in their own process. */
  supervisor?: Supervisor;
}

export const defaultVariables: ContainerVariables = {
  root: 'SAGEMAKER_BASE_DIR',
  host: 'SAGEMAKER_BIND_TO_HOST',
  port: 'SAGEMAKER_BIND_TO_PORT',
};
