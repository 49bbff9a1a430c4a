import type { AgentStatus } from '#core/contracts/agent-status.ts';
import type { AgentRow } from '../../contracts/agents.ts';
import { Moment } from '../components/moment.tsx';
import { Outcome } from '../components/outcome.tsx';
import { Problem } from '../components/problem.tsx';
import { bytesText } from './bytes-text.ts';
import { SpoolTable } from './spool-table.tsx';

/** What one agent does and has done, or why it does not say. */
export function AgentView({ agent: { name, status, problem } }: { agent: AgentRow }) {
  return (
    <section aria-label={name}>
      <h2>
        {status && status.host !== name ? `${status.host}, ${name}` : name}{' '}
        {status?.service && <span class="badge good">graft watch runs</span>}
      </h2>
      {problem && <Problem error={Object.assign(new Error(problem.message), { hint: problem.hint })} />}
      {status && <StatusView status={status} />}
    </section>
  );
}

function StatusView({ status }: { status: AgentStatus }) {
  const { service, agentVersion, bandwidth, state, trainings, spool, damaged, results } = status;
  return (
    <>
      <p class="faint">
        graft {agentVersion}, {service ? `process ${service.pid}, since ` : 'no service runs (graft watch)'}
        {service && <Moment at={service.since} />}. Bandwidth {bandwidth}. State in{' '}
        <span class="id">{state}</span>.
      </p>
      {damaged.map(({ folder, reason }) => (
        <p key={folder} class="warning">
          <span class="id">{folder}</span> is damaged: {reason}
        </p>
      ))}
      {spool.length === 0 ? <p>Nothing waits in the spool.</p> : <SpoolTable spool={spool} />}
      {trainings.length > 0 && (
        <>
          <h3>Trainings</h3>
          <ul class="plain">
            {trainings.map((training) => (
              <li key={training.out}>
                <Outcome of={training.state} />
                <span class="id">{training.out}</span>
                <Moment at={training.at} />
                <span class="text">{training.reason ?? `images of ${training.images}`}</span>
                {training.next && (
                  <span class="faint">
                    next <Moment at={training.next} />
                  </span>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
      {results.length > 0 && (
        <>
          <h3>Uploaded last</h3>
          <ul class="plain">
            {results.map(({ id, model, version, finishedAt, bytes, seconds }) => (
              <li key={id}>
                {model} <span class="id">{version}</span>
                <Moment at={finishedAt} />
                <span class="faint">
                  {bytesText(bytes)} in {seconds.toFixed(0)} s
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
