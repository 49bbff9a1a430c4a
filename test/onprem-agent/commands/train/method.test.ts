import { describe, expect, it } from 'vitest';
import { methodOptions } from '../../../../onprem-agent/commands/train/method.ts';

const options = (given: Record<string, string> = {}) =>
  methodOptions({ network: 'compact', width: '1', size: '32', ...given });

describe('methodOptions', () => {
  it('gives every network its own method, and the compact one what it always had', () => {
    expect(options()).toEqual({
      ...{
        network: 'compact',
        width: 1,
        optimiser: 'adam',
        learningRate: 0.002,
        momentum: 0.9,
        weightDecay: 0,
      },
      ...{ warmUp: 0.1, labelSmoothing: 0, augment: 'shift', mixup: 0, ema: 0, patience: 0 },
    });
    expect(options({ network: 'resnet-18' })).toMatchObject({
      ...{
        optimiser: 'sgd',
        learningRate: 0.05,
        weightDecay: 5e-4,
        labelSmoothing: 0.1,
        augment: 'shift',
      },
    });
    expect(options({ network: 'resnet-18', size: '65' })).toMatchObject({ augment: 'standard' });
    expect(options({ network: 'resnet-50' })).toMatchObject({ weightDecay: 1e-4 });
    expect(options({ network: 'mobilenet-v2' })).toMatchObject({ weightDecay: 4e-5, ema: 0.999 });
  });

  it('takes what is given instead, 0 included', () => {
    const given = {
      ...{
        network: 'mobilenet-v2',
        width: '0.5',
        'learning-rate': '0.1',
        momentum: '0.8',
        'weight-decay': '0',
      },
      ...{ 'warm-up': '0', 'label-smoothing': '0', augment: 'randaugment', mixup: '0.2', ema: '0' },
      patience: '5',
    };
    expect(options(given)).toEqual({
      ...{ network: 'mobilenet-v2', width: 0.5, optimiser: 'sgd', learningRate: 0.1, momentum: 0.8 },
      ...{ weightDecay: 0, warmUp: 0, labelSmoothing: 0, augment: 'randaugment', mixup: 0.2, ema: 0 },
      patience: 5,
    });
  });

  it('gives another optimiser a learning rate and a weight decay that suit it', () => {
    expect(options({ network: 'resnet-18', optimiser: 'adamw' })).toMatchObject({
      ...{ learningRate: 0.002, weightDecay: 0.05, labelSmoothing: 0.1 },
    });
    expect(options({ optimiser: 'sgd', 'weight-decay': '0.001' })).toMatchObject({
      ...{ learningRate: 0.05, weightDecay: 0.001, augment: 'shift' },
    });
  });

  it.each([
    [{ 'learning-rate': '0' }, '--learning-rate is "0": expected a number, above 0, at most 1'],
    [{ momentum: '0.9' }, '--momentum has no meaning for adam'],
    [{ optimiser: 'sgd', momentum: '1' }, '--momentum is "1": expected a number, at least 0, at most 0.999'],
    [{ 'weight-decay': '-1' }, '--weight-decay is "-1": expected a number, at least 0, at most 1'],
    [{ 'warm-up': '0.9' }, '--warm-up is "0.9": expected a number, at least 0, at most 0.5'],
    [{ 'label-smoothing': 'x' }, '--label-smoothing is "x": expected a number, at least 0, at most 0.5'],
    [{ mixup: '2' }, '--mixup is "2": expected a number, at least 0, at most 1'],
    [{ ema: '1' }, '--ema is "1": expected a number, at least 0, at most 0.9999'],
    [{ patience: '1.5' }, '--patience is "1.5": expected a whole number, at least 0, at most 100000'],
    [{ network: 'resnet-18', size: '31' }, '--size is "31": resnet-18 takes images from 32 pixels on'],
    [{ width: '0' }, '--width is "0": expected a number, at least 0.1, at most 4'],
  ] as [Record<string, string>, string][])('refuses %o', (given, message) => {
    expect(() => options(given)).toThrow(message);
  });
});
