import { availableParallelism } from 'node:os';
import type { World } from '../../service.ts';
import { ServiceError } from '../../service.ts';
import {
  type EnvironmentParts,
  ExecutionEnvironment,
  type Invocation,
  type InvocationResult,
} from './environment.ts';
import type { ResolvedFunction } from './functions.ts';

/** An idle environment ends after this time, as it holds some 50 MB. AWS keeps them longer. */
const IDLE_MS = 120_000;
/** Concurrent invocations of all functions without a reservation of their own: an account's in AWS. */
const UNRESERVED_CONCURRENCY = 1_000;
/** What this machine holds at once. */
export interface PoolLimits {
  /** Invocations that run; the others wait for their turn. */
  running: number;
  /** Environments with and without work. Beyond it the idle one that was used longest ago ends. */
  environments: number;
}

/** A fan-out of a hundred invocations would otherwise leave a hundred processes of thirty megabytes each. */
const machineLimits: PoolLimits = {
  running: Math.min(32, 4 * availableParallelism()),
  environments: Math.min(64, 8 * availableParallelism()),
};

/** Execution environments of all functions. */
export interface EnvironmentPools {
  /** @throws ServiceError `TooManyRequestsException` when the concurrency is used up */
  invoke(target: ResolvedFunction, invocation: Invocation): Promise<InvocationResult>;
  /** Ends a function's environments, those at work when they are done: its code or settings have changed. */
  retire(functionName: string): void;
  /** How many processes there are. */
  size(): number;
  stop(): Promise<void>;
}

interface Member {
  environment: ExecutionEnvironment;
  reserved: boolean;
  busy: boolean;
  /** When its last invocation ended. */
  usedAt: number;
  cancelReap(): void;
}

export function createPools(
  parts: Omit<EnvironmentParts, 'onEnd'> & { world: World },
  limits: PoolLimits = machineLimits,
): EnvironmentPools {
  const pools = new Map<string, Set<Member>>();
  /** Invocations that wait for their turn, first come first served. */
  const turns: (() => void)[] = [];
  let stopped = false;
  const all = () => [...pools.values()].flatMap((pool) => [...pool]);

  function add(target: ResolvedFunction, pool: Set<Member>, reserved: boolean): Member {
    const member: Member = {
      reserved,
      busy: false,
      usedAt: 0,
      cancelReap: () => {},
      environment: new ExecutionEnvironment(target, {
        ...parts,
        onEnd: () => pool.delete(member),
      }),
    };
    makeRoom();
    pool.add(member);
    return member;
  }

  /** For one more. */
  function makeRoom(): void {
    const idle = all().filter(({ busy, environment }) => !busy && environment.idle);
    const busy = all().filter((member) => member.busy);
    const surplus = idle.length + busy.length + 1 - limits.environments;
    if (surplus <= 0) return;
    idle.sort((one, other) => one.usedAt - other.usedAt);
    for (const member of idle.slice(0, surplus)) {
      member.cancelReap();
      void member.environment.stop();
    }
  }

  const runningUnreserved = () => all().filter((member) => member.busy && !member.reserved).length;

  function release(member: Member, pool: Set<Member>): void {
    member.busy = false;
    member.usedAt = parts.world.clock.now();
    turns.shift()?.();
    if (member.environment.idle && pool.has(member)) {
      member.cancelReap = parts.world.clock.after(IDLE_MS, () => void member.environment.stop());
    } else {
      pool.delete(member);
      void member.environment.stop();
    }
  }

  return {
    async invoke(target, invocation) {
      const { name, properties } = target.definition;
      const key = `${name}:${target.version}`;
      let pool = pools.get(key);
      if (pool === undefined) {
        pool = new Set();
        pools.set(key, pool);
      }
      const reservation = properties.ReservedConcurrentExecutions;
      const reserved = reservation !== undefined;
      if (reserved) {
        if ([...pool].filter((member) => member.busy).length >= reservation) throw tooMany(true);
      } else {
        if (runningUnreserved() + turns.length >= UNRESERVED_CONCURRENCY) throw tooMany(false);
        while (runningUnreserved() >= limits.running) {
          await new Promise<void>((resolve) => turns.push(resolve));
          if (stopped) throw new ServiceError('ServiceException', 'The local AWS is stopping.', 500);
        }
      }

      // The one used last is the likeliest to have its code and connections warm.
      const idle = [...pool].reverse().find((member) => !member.busy && member.environment.idle);
      const member = idle ?? add(target, pool, reserved);
      pool.delete(member);
      pool.add(member);
      member.cancelReap();
      member.busy = true;
      try {
        return await member.environment.invoke(invocation);
      } finally {
        release(member, pool);
      }
    },
    retire(functionName) {
      for (const [key, pool] of pools) {
        if (key.slice(0, key.lastIndexOf(':')) !== functionName) continue;
        for (const member of pool) {
          pool.delete(member);
          member.cancelReap();
          if (!member.busy) void member.environment.stop();
        }
      }
    },
    size: () => all().length,
    async stop() {
      stopped = true;
      for (const turn of turns.splice(0)) turn();
      await Promise.all(
        all().map((member) => {
          member.cancelReap();
          return member.environment.stop();
        }),
      );
    },
  };
}

function tooMany(reserved: boolean): ServiceError {
  return new ServiceError('TooManyRequestsException', 'Rate Exceeded.', 429, {
    Type: 'User',
    Reason: reserved
      ? 'ReservedFunctionConcurrentInvocationLimitExceeded'
      : 'ConcurrentInvocationLimitExceeded',
    retryAfterSeconds: '1',
  });
}
