import type { AgentRow } from '../../contracts/agents.ts';
import { Heading } from '../components/heading.tsx';
import { Problem } from '../components/problem.tsx';
import { useLive } from '../use-live.ts';
import { AgentView } from './agent-view.tsx';

/** Milliseconds between two looks. */
const LOOK_MS = 2_000;

/** Uploads under way and queue of this machine's agent, and of those that the console was told of. */
export function AgentsPage() {
  const { value, error } = useLive<AgentRow[]>('/api/agents', LOOK_MS);
  return (
    <>
      <Heading title="Agents" />
      {error && <Problem error={error} />}
      {value === undefined && !error && <p aria-live="polite">Asking …</p>}
      {value?.map((agent) => (
        <AgentView key={agent.name} agent={agent} />
      ))}
      {value && (
        <p class="faint">
          Agents of other machines are shown when <code>graft console --agent</code> names their{' '}
          <code>graft watch</code>, through a tunnel to its port on 127.0.0.1.
        </p>
      )}
    </>
  );
}
