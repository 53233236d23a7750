/** @file LPIPS with golden heads and a backbone of formula weights. */
import { lpipsSpecs, type LpipsNetwork } from '../../src/losses/lpips.js';
import { matchParams } from '../../src/models/match.js';
import { readWeights } from '../../src/weights/read.js';
import type { HostTree } from '../../src/weights/tree.js';
import { formulaTree } from './formula_weights.js';
import { goldenPath } from './golden.js';

/** Golden heads and a backbone of formula weights, official layout. */
export async function goldenLpips(network: LpipsNetwork): Promise<HostTree> {
  const trunk = network === 'alex' ? 'alexnet.' : 'vgg16.';
  const backbone = lpipsSpecs(network).filter(({ name }) => name.startsWith('features.'));
  const formula = formulaTree(backbone.map(({ name, shape }) => ({ name: trunk + name, shape })));
  const heads = await readWeights(goldenPath('metrics', `lpips_${network}_lin.safetensors`));
  const tree = new Map([...formula].map(([name, tensor]) => [name.slice(trunk.length), tensor] as const));
  return matchParams(new Map([...tree, ...heads]), lpipsSpecs(network), 'golden');
}
