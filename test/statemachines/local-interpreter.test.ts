import { type Interpretation, interpret, type Json, StatesError } from 'local-aws/testing';
import { describe, expect, it } from 'vitest';
import { definitionText } from './definition.ts';

const DEFINITION = JSON.parse(definitionText.replace(/\$\{(\w+)\}/g, (_, name: string) => name));

type Payload = Record<string, Json>;
type Script = Record<string, (payload: Payload) => Json>;

/** Lambdas that do as they should; a test replaces those it is about. */
const GOOD: Script = {
  VerifyModel: () => ({
    model: 'icons',
    version: 'v1',
    domains: ['produce', 'tools'],
    chosen: true,
    manual: {},
  }),
  PrepareDomain: () => ({
    jobs: { transfer: 'job-t', baseline: 'job-b' },
    resources: {},
    images: {},
    gate: {},
    endpoint: {},
    champion: null,
  }),
  StartFineTuning: () => null,
  StartBaseline: () => null,
  EvaluateGate: () => ({ decision: 'PROMOTE', champion: null, evaluationKeys: { transfer: 'key' } }),
  DeployEndpoint: () => null,
  ConfirmEndpoint: () => ({ confirmed: true }),
  RestoreEndpoint: () => null,
  FinishDomain: (payload) => ({ domain: payload.domain ?? null, told: Object.keys(payload).sort() }),
  RegisterModel: () => ({ modelPackage: 'arn:package' }),
  WriteReport: () => ({ reportKey: 'report.html' }),
  FinishPromotion: ({ outcomes }) => ({ outcomes: outcomes ?? [], failed: [], summary: '' }),
};

interface Promotion extends Interpretation {
  /** Task tokens by `<function>/<domain>`. */
  tokens: Map<string, string>;
  functions(): string[];
}

function promote(script: Partial<Script> = {}): Promotion {
  const tokens = new Map<string, string>();
  const promotion = interpret(DEFINITION, {
    input: { model: 'icons', version: 'v1' },
    integrate: async (_, input) => {
      const { FunctionName: name, Payload: payload } = input as { FunctionName: string; Payload: Payload };
      if (payload.token) tokens.set(`${name}/${payload.domain}`, String(payload.token).replace('token-', ''));
      const answer = script[name] ?? GOOD[name];
      if (!answer) throw new Error(`no script for ${name}`);
      return { ExecutedVersion: '$LATEST', Payload: answer(payload), StatusCode: 200 };
    },
  });
  const functions = () =>
    promotion.calls.map(({ input }) => (input as { FunctionName: string }).FunctionName);
  return Object.assign(promotion, { tokens, functions });
}

async function answer(promotion: Promotion, name: string, domain: string, output: Json = {}): Promise<void> {
  const key = promotion.tokens.get(`${name}/${domain}`);
  expect(key, `${name} of ${domain} waits`).toBeDefined();
  expect(promotion.execution.reply(key as string, { output })).toBe(true);
  await promotion.settle();
}

async function train(promotion: Promotion, domain: string): Promise<void> {
  await answer(promotion, 'StartFineTuning', domain, { job: 'transfer' });
  await answer(promotion, 'StartBaseline', domain, { job: 'baseline' });
}

/** What a function was last called with. */
function payloadOf(promotion: Promotion, name: string): Payload {
  const call = promotion.calls.findLast(({ input }) => (input as Payload).FunctionName === name);
  if (!call) throw new Error(`${name} was not called`);
  return (call.input as Payload).Payload as Payload;
}

function outcomes(promotion: Promotion): { domain: string; told: string[] }[] {
  return payloadOf(promotion, 'FinishPromotion').outcomes as never;
}

describe('promote-model', () => {
  it('trains, gates, deploys and confirms every domain', async () => {
    const promotion = promote();
    await promotion.settle();
    for (const domain of ['produce', 'tools']) {
      await train(promotion, domain);
      await answer(promotion, 'DeployEndpoint', domain);
    }
    expect(promotion.ending?.status).toBe('SUCCEEDED');
    expect(outcomes(promotion).map(({ domain }) => domain)).toEqual(['produce', 'tools']);
    expect(promotion.functions().filter((name) => name === 'ConfirmEndpoint')).toHaveLength(2);
  });

  it('does not deploy what the gate rejects', async () => {
    const promotion = promote({ EvaluateGate: () => ({ decision: 'REJECT' }) });
    await promotion.settle();
    for (const domain of ['produce', 'tools']) await train(promotion, domain);
    expect(promotion.ending?.status).toBe('SUCCEEDED');
    expect(promotion.functions()).not.toContain('DeployEndpoint');
  });

  it('asks the gate again when another model went live since it decided', async () => {
    const champions = [null, 'job-of-another'];
    const promotion = promote({
      VerifyModel: () => ({ model: 'icons', version: 'v1', domains: ['produce'], chosen: true, manual: {} }),
      EvaluateGate: () => ({
        decision: champions.length === 2 ? 'PROMOTE' : 'REJECT',
        champion: champions.shift() ?? null,
        evaluationKeys: { transfer: 'key' },
      }),
      DeployEndpoint: ({ compared }) => {
        if ((compared as { champion: string | null }).champion === 'job-of-another') return null;
        throw new StatesError('ChampionChanged', '{"errorMessage":"another one is live"}');
      },
    });
    await promotion.settle();
    await train(promotion, 'produce');

    expect(promotion.ending?.status).toBe('SUCCEEDED');
    expect(promotion.functions().filter((name) => name === 'EvaluateGate')).toHaveLength(2);
    expect(promotion.functions().filter((name) => name === 'DeployEndpoint')).toHaveLength(1);
    expect(outcomes(promotion)[0]?.told).not.toContain('error');
  });

  it('finishes one domain although the other one fails', async () => {
    const promotion = promote({
      PrepareDomain: (payload) => {
        if (payload.domain === 'produce')
          throw new StatesError('InvalidInput', '{"errorMessage":"no images"}');
        return (GOOD.PrepareDomain as (payload: Payload) => Json)(payload);
      },
    });
    await promotion.settle();
    await train(promotion, 'tools');
    await answer(promotion, 'DeployEndpoint', 'tools');
    const [produce, tools] = outcomes(promotion);
    expect(produce?.told).toContain('error');
    expect(tools?.told).toContain('confirmed');
  });

  it('abandons the baseline when the transfer job fails, and tells FinishDomain why', async () => {
    const promotion = promote();
    await promotion.settle();
    const key = promotion.tokens.get('StartFineTuning/produce') as string;
    const baseline = promotion.tokens.get('StartBaseline/produce') as string;
    promotion.execution.reply(key, { error: 'TrainingFailed', cause: '{"errorMessage":"out of memory"}' });
    await promotion.settle();
    expect(promotion.execution.reply(baseline, { output: {} })).toBe(false);
    expect(payloadOf(promotion, 'FinishDomain')).toMatchObject({
      domain: 'produce',
      error: { Error: 'TrainingFailed', Cause: 'out of memory' },
    });
  });

  it('puts the endpoint back when it is not confirmed', async () => {
    const promotion = promote({
      ConfirmEndpoint: () => {
        throw new StatesError('GoldenMismatch', '{"errorMessage":"differs"}');
      },
    });
    await promotion.settle();
    for (const domain of ['produce', 'tools']) {
      await train(promotion, domain);
      await answer(promotion, 'DeployEndpoint', domain);
      await answer(promotion, 'RestoreEndpoint', domain);
    }
    expect(outcomes(promotion)[0]?.told).toEqual(expect.arrayContaining(['mismatch', 'restored']));
    expect(promotion.ending?.status).toBe('SUCCEEDED');
  });

  it('reports what FinishDomain was told, and keeps its outcome', async () => {
    const promotion = promote({ EvaluateGate: () => ({ decision: 'REJECT' }) });
    await promotion.settle();
    for (const domain of ['produce', 'tools']) await train(promotion, domain);
    const told = payloadOf(promotion, 'FinishDomain');
    expect(payloadOf(promotion, 'WriteReport')).toMatchObject({
      ...told,
      startedAt: expect.any(String),
      modelPackage: 'arn:package',
    });
    expect(outcomes(promotion)[0]).toEqual({ domain: 'produce', told: Object.keys(told).sort() });
  });

  it.each(
    ['RegisterModel', 'WriteReport'].flatMap((state) =>
      ['NotFound', 'AccessDeniedException', 'States.Timeout'].map((error) => [state, error] as const),
    ),
  )('keeps the outcome when %s ends with %s', async (state, error) => {
    const promotion = promote({
      EvaluateGate: () => ({ decision: 'REJECT' }),
      [state]: () => {
        throw new StatesError(error, '{"errorMessage":"it does not work"}');
      },
    });
    await promotion.settle();
    for (const domain of ['produce', 'tools']) await train(promotion, domain);
    for (let attempt = 0; attempt < 3; attempt++) await promotion.advance(60);
    expect(promotion.ending?.status).toBe('SUCCEEDED');
    expect(outcomes(promotion)).toEqual(
      ['produce', 'tools'].map((domain) => ({ domain, told: expect.arrayContaining(['gate']) })),
    );
    expect(promotion.functions()).toContain('WriteReport');
  });

  it('looks again when a token is not answered for a quarter of an hour', async () => {
    const promotion = promote();
    await promotion.settle();
    const before = promotion.functions().filter((name) => name === 'StartFineTuning').length;
    await promotion.advance(900);
    await promotion.advance(1);
    expect(promotion.functions().filter((name) => name === 'StartFineTuning')).toHaveLength(before + 2);
    for (const domain of ['produce', 'tools']) await train(promotion, domain);
  });

  it('fails when the model is not what its manifest says', async () => {
    const promotion = promote({
      VerifyModel: () => {
        throw new StatesError('IntegrityViolation', '{"errorMessage":"a byte changed"}');
      },
    });
    await promotion.settle();
    expect(promotion.ending).toEqual({
      status: 'FAILED',
      error: 'IntegrityViolation',
      cause: 'a byte changed',
    });
  });
});
