/** @file Access to a network's parameters by official key name. */
import type { Params, Tensor } from '../engine/tfjs.js';

/** The parameter `name`; a plain Error (a bug: weights are matched against the specs when they are read) when it is absent. */
export function param(params: Params, name: string): Tensor {
  const tensor = params[name];
  if (!tensor) throw new Error(`parameter ${name} is missing`);
  return tensor;
}

/** The parameters of the module `prefix`, under their full names. */
export function paramsUnder(params: Params, prefix: string): Params {
  const start = `${prefix}.`;
  return Object.fromEntries(Object.entries(params).filter(([name]) => name.startsWith(start)));
}
