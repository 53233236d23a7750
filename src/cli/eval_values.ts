/** @file `rsd-eval`: what its options say: names and their values (`name=value`), possible numbers. */
import { UserError } from '../errors/user_error.js';
import type { EvalOptions } from './eval_arguments.js';

/** A name, which is a folder's too, and its value. */
const NAMED = /^([\p{L}\p{N}_][\p{L}\p{N}_ .+()-]*)=(.+)$/u;
/** What the page calls inputs and originals. */
const TAKEN = new Set(['LR', 'HR']);

/**
 * Options of the form `name=value` by name.
 * @throws UserError if one has another form, or a name is given twice.
 */
export function namedValues(texts: readonly string[], key: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const text of texts) {
    const [, name, value] = NAMED.exec(text) ?? [];
    if (!name || !value) {
      throw new UserError('a name is missing', {
        key,
        expected: 'NAME=VALUE, the name of letters, digits, spaces and ._+()-',
        found: text,
      });
    }
    if (TAKEN.has(name)) throw new UserError('the name stands for something else', { key, found: name });
    if (values.has(name)) throw new UserError('a name is given twice', { key, found: name });
    values.set(name, value);
  }
  return values;
}

/** Options about models that are given by name. */
export interface ModelOptions {
  readonly weights: string;
  readonly autoencoder?: string;
  readonly config?: string;
  readonly steps?: number;
}

/**
 * The models with what is said of each.
 * @throws UserError if something is said of a model that there is not, or steps are no number.
 */
export function namedModels({
  model = [],
  autoencoder = [],
  config = [],
  steps = [],
}: EvalOptions): Map<string, ModelOptions> {
  const models = namedValues(model, '--model');
  const of = (texts: readonly string[], key: string): Map<string, string> => {
    const values = namedValues(texts, key);
    const stray = [...values.keys()].find((name) => !models.has(name));
    if (stray === undefined) return values;
    throw new UserError('no model has this name', { key, expected: [...models.keys()].join(', '), found: stray });
  };
  const [autoencoders, configs, stepCounts] = [
    of(autoencoder, '--autoencoder'),
    of(config, '--config'),
    of(steps, '--steps'),
  ];
  const count = (text: string | undefined): number | undefined => {
    if (text === undefined || /^[1-9]\d*$/.test(text)) return text === undefined ? undefined : Number(text);
    throw new UserError('impossible number', {
      key: '--steps',
      expected: 'NAME=N, N a whole number from 1',
      found: text,
    });
  };
  return new Map(
    [...models].map(([name, weights]) => [
      name,
      { weights, autoencoder: autoencoders.get(name), config: configs.get(name), steps: count(stepCounts.get(name)) },
    ]),
  );
}

/** Options that are lists by nature. */
const LISTS = new Set(['restored', 'model', 'autoencoder', 'config', 'steps', 'metric-weights', 'metricWeights', '_']);

/** @throws UserError if an option that is no list is given twice, or a number is none that is possible. */
export function checkOptions(args: EvalOptions): void {
  for (const [name, value] of Object.entries(args)) {
    if (Array.isArray(value) && !LISTS.has(name)) {
      throw new UserError('given more than once', { key: `--${name}`, found: value.join(', ') });
    }
  }
  const whole = (key: 'stats-seed' | 'gallery' | 'seed' | 'crop', least: number, below: number): void => {
    const value = args[key];
    if (value === undefined || (Number.isInteger(value) && value >= least && value < below)) return;
    const expected = `a whole number from ${least}${Number.isFinite(below) ? ` to ${below - 1}` : ''}`;
    throw new UserError('impossible number', { key: `--${key}`, expected, found: `${value}` });
  };
  whole('stats-seed', 0, 2 ** 32);
  whole('seed', 0, 2 ** 32);
  whole('gallery', 0, Infinity);
  whole('crop', 1, Infinity);
  if (!(args['page-mb'] >= 0)) {
    throw new UserError('impossible number', {
      key: '--page-mb',
      expected: 'a number from 0',
      found: `${args['page-mb']}`,
    });
  }
}
