import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { graphOf } from '../../console/server/graph.ts';

const file = new URL('../../statemachines/promote-model.asl.yml', import.meta.url);
const { definition } = parse(readFileSync(file, 'utf8'), { merge: true }) as { definition: object };

describe('the picture of the state machine', () => {
  const { states, edges } = graphOf(JSON.stringify(definition));
  const place = (name: string) => states.find((state) => state.name === name)!;
  const next = (name: string) => edges.filter(({ from }) => from === name).map(({ to }) => to);

  test('has every task once, and each at a place of its own', () => {
    expect(states.map(({ name }) => name)).toContain('RegisterModel');
    expect(states.map(({ name }) => name)).not.toContain('IsGateOnly');
    expect(new Set(states.map(({ row, column }) => `${row} ${column}`)).size).toBe(states.length);
  });

  test('leads from task to task through choices, maps and parallel branches', () => {
    expect(next('VerifyModel').sort()).toEqual(['PrepareDomain', 'RollBackEndpoint']);
    expect(next('PrepareDomain').sort()).toEqual(['FindTraining', 'StartBaseline', 'StartFineTuning']);
    expect(next('StartBaseline')).toEqual(['EvaluateGate']);
    expect(next('WriteReport')).toEqual(['FinishPromotion']);
  });

  test('shows what an error leads to, and not the catcher of all', () => {
    expect(edges).toContainEqual({ from: 'ConfirmEndpoint', to: 'RestoreEndpoint', caught: true });
    expect(edges.filter(({ to, caught }) => caught && to === 'FinishDomain')).toEqual([]);
  });

  test('leads downwards only', () => {
    expect(edges.filter(({ from, to }) => place(from).row >= place(to).row)).toEqual([]);
    expect(place('StartBaseline').row).toBe(place('StartFineTuning').row);
  });
});
