import { describe, expect, it } from 'vitest';
import { embeddedMetrics } from '../../src/services/logs/embedded-metrics.ts';

const at = Date.UTC(2026, 10, 23, 17);
const event = (changes: object = {}, directive: object = {}) =>
  JSON.stringify({
    _aws: {
      Timestamp: at,
      CloudWatchMetrics: [
        {
          Namespace: 'Shop',
          Dimensions: [['Stage'], ['Stage', 'Route']],
          Metrics: [{ Name: 'Time', Unit: 'Milliseconds' }],
          ...directive,
        },
      ],
    },
    ...{ Stage: 'dev', Route: '/buy', Time: [1, 2], requestId: 'abc' },
    ...changes,
  });
const datum = {
  MetricName: 'Time',
  Unit: 'Milliseconds',
  Values: [1, 2],
  Timestamp: new Date(at),
};
const stage = { Name: 'Stage', Value: 'dev' };

describe('a log event in embedded metric format', () => {
  it('gives its metrics for each set of dimensions', () => {
    expect(embeddedMetrics(event())).toEqual([
      {
        Namespace: 'Shop',
        MetricData: [
          { ...datum, Dimensions: [stage] },
          { ...datum, Dimensions: [stage, { Name: 'Route', Value: '/buy' }] },
        ],
      },
    ]);
  });

  it('may have one value, no unit and no dimension', () => {
    const [found] = embeddedMetrics(event({ Time: 5 }, { Dimensions: [[]], Metrics: [{ Name: 'Time' }] }));

    expect(found!.MetricData).toEqual([{ ...datum, Unit: 'None', Values: [5], Dimensions: [] }]);
  });

  it.each([
    ['a metric without a value', { Time: undefined }],
    ['a value that is no number', { Time: 'soon' }],
    ['more than 100 values', { Time: new Array(101).fill(1) }],
    ['a dimension without a value', { Stage: undefined }],
  ])('gives nothing of %s', (_what, changes) => {
    expect(embeddedMetrics(event(changes))).toEqual([]);
  });
});

describe('any other log event gives none', () => {
  it.each([
    ['text', 'GET /buy 200'],
    ['text that only mentions them', 'no "CloudWatchMetrics" here'],
    ['other JSON', '{"level":30,"msg":"listening"}'],
    ['one without a time', '{"_aws":{"CloudWatchMetrics":[]}}'],
    ['one without a namespace', event({}, { Namespace: undefined })],
  ])('%s', (_what, message) => {
    expect(embeddedMetrics(message)).toEqual([]);
  });
});
