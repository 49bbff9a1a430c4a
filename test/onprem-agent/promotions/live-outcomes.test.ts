import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { LocalAws } from 'local-aws';
import { createStepFunctions } from 'local-aws/services';
import { ANY_ROLE, startLocal } from 'local-aws/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { DomainOutcome } from '#core/contracts/promotion-state.ts';
import { createOutput } from '../../../onprem-agent/cli/output.ts';
import { LiveOutcomes } from '../../../onprem-agent/promotions/live-outcomes.ts';
import { waitForPromotion } from '../../../onprem-agent/promotions/wait-for-promotion.ts';
import { fakeIo } from '../cli.ts';

const signal = new AbortController().signal;
const outcomeOf = (domain: string, outcome: DomainOutcome['outcome'] = 'DEPLOYED'): DomainOutcome => ({
  domain,
  outcome,
  reason: `because it is ${domain}`,
});

describe('outcomes from the history of a real Map', () => {
  let local: LocalAws;
  let machine: string;
  beforeAll(async () => {
    const definition = {
      QueryLanguage: 'JSONata',
      StartAt: 'PromoteDomains',
      States: {
        PromoteDomains: {
          Type: 'Map',
          Items: '{% $states.input.domains %}',
          ItemSelector: { domain: '{% $states.context.Map.Item.Value %}' },
          ItemProcessor: {
            ProcessorConfig: { Mode: 'INLINE' },
            StartAt: 'PrepareDomain',
            States: {
              PrepareDomain: { Type: 'Pass', Next: 'FinishDomain' },
              FinishDomain: {
                Type: 'Pass',
                Output:
                  "{% { 'domain': $states.input.domain, 'outcome': 'DEPLOYED', 'reason': 'because it is ' & $states.input.domain } %}",
                End: true,
              },
            },
          },
          End: true,
        },
      },
    };
    local = await startLocal({
      services: [createStepFunctions],
      template: {
        Resources: {
          Machine: {
            Type: 'AWS::StepFunctions::StateMachine',
            Properties: { StateMachineName: 'promote-model', RoleArn: ANY_ROLE, Definition: definition },
          },
        },
        Outputs: { Machine: { Value: { Ref: 'Machine' } } },
      },
    });
    machine = local.outputs.Machine!;
  });
  afterAll(() => local.stop());

  it('are told once for each domain, with their number', async () => {
    const sfn = local.client(SFNClient);
    // More events than one page has.
    const domains = Array.from({ length: 60 }, (_, index) => `domain-${index}`);
    const { executionArn } = await sfn.send(
      new StartExecutionCommand({ stateMachineArn: machine, input: JSON.stringify({ domains }) }),
    );
    await vi.waitFor(async () => {
      const { status } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
      expect(status).toBe('SUCCEEDED');
    }, 30_000);
    const counts: number[] = [];
    const told: DomainOutcome[] = [];
    const live = new LiveOutcomes({
      onDomains: (count) => counts.push(count),
      onOutcome: (outcome) => told.push(outcome),
    });

    await live.look(sfn, executionArn!, signal);
    await live.look(sfn, executionArn!, signal);
    live.tell(outcomeOf('domain-3'));

    expect(counts).toEqual([60]);
    expect(told.map(({ domain }) => domain).sort()).toEqual([...domains].sort());
    expect(told).toContainEqual(outcomeOf('domain-3'));
  });
});

/** A promotion of two domains. The first one ends while it runs; then the whole of it. */
function promotion(history: 'readable' | 'denied') {
  const all = [outcomeOf('produce'), outcomeOf('tools', 'REJECTED')];
  const summary = {
    model: 'icons',
    version: '20261123T154200Z-3f2a9c',
    outcomes: all,
    failed: [],
    summary: '',
  };
  let looks = 0;
  const send = async (command: object) => {
    if (command instanceof DescribeExecutionCommand) {
      if (++looks < 3) return { status: 'RUNNING' };
      return { status: 'SUCCEEDED', output: JSON.stringify(summary) };
    }
    if (history === 'denied') throw Object.assign(new Error('no'), { name: 'AccessDeniedException' });
    return {
      events: [
        { id: 3, stateExitedEventDetails: { name: 'WriteReport', output: JSON.stringify(all[0]) } },
        { id: 2, mapStateStartedEventDetails: { length: 2 } },
        { id: 1 },
      ],
    };
  };
  return { send } as unknown as SFNClient;
}

async function follow(history: 'readable' | 'denied', options: { json: boolean; isTerminal: boolean }) {
  const { io, stdout, stderr } = fakeIo({ isTerminal: options.isTerminal });
  const output = createOutput(io, options.json);
  const code = await waitForPromotion(
    promotion(history),
    { io, output },
    {
      stateMachineArn: 'arn:aws:states:eu-central-1:123456789012:stateMachine:promote-model',
      search: async () => 'an-execution',
      hint: '',
      result: {},
      uri: 's3://models/',
    },
  );
  return { code, stdout: stdout(), stderr: stderr() };
}

describe('--follow', () => {
  it('says what became of a domain while others go on', async () => {
    const { code, stdout } = await follow('readable', { json: true, isTerminal: false });

    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(code).toBe(3);
    const ends = events.filter(({ event }) => event === 'outcome').map(({ domain }) => domain);
    expect(ends).toEqual(['produce', 'tools']);
    const progress = events
      .filter(({ event }) => event === 'progress')
      .map(({ done, total }) => `${done}/${total}`);
    expect(progress).toEqual(['0/2', '2/2']);
    expect(events.at(-1)).toMatchObject({ event: 'result', status: 'SUCCEEDED', ok: false });
  });

  it('draws a bar on a terminal, whose place each line takes', async () => {
    const { stderr } = await follow('readable', { json: false, isTerminal: true });

    expect(stderr).toContain(
      'promotion  ░░░░░░░░░░░░░░░░░░░░░░░░    0 %  0 of 2 domains\x1b[K\r\x1b[Kproduce: DEPLOYED, ',
    );
    expect(stderr).toContain('tools: REJECTED, because it is tools\n');
    expect(stderr.endsWith('2 of 2 domains\x1b[K\n')).toBe(true);
  });

  it('says everything in the end where it may not read the history', async () => {
    const { code, stderr, stdout } = await follow('denied', { json: false, isTerminal: false });

    expect(code).toBe(3);
    expect(stderr).toContain('produce: DEPLOYED, because it is produce\ntools: REJECTED');
    expect(stdout).toContain('produce  DEPLOYED ');
  });
});
