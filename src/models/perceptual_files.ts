/**
 * @file Weights of the perceptual metrics from one file or several, under any of the names they are published by.
 */
import { UserError } from '../errors/user_error.js';
import { perceptualMetrics, type PerceptualMetric } from '../losses/perceptual.js';
import type { ParamSpec } from '../nn/param_spec.js';
import { readWeights } from '../weights/read.js';
import type { HostTensor, HostTree } from '../weights/tree.js';
import { matchParams } from './match.js';

/** Constants that the published files carry beside the parameters, and the classifier of the backbones' own files. */
const NOT_NEEDED = /^(?:classifier\.|scaling_layer\.|.*\.filt$|lins\.\d+\.)/;

/**
 * The name an LPIPS parameter has here: torchvision's backbone file, a whole LPIPS module (whose slices count like
 * torchvision), or the published heads.
 */
function lpipsName(name: string): string {
  return name
    .replace(/^(?:alexnet|vgg16)\.features\./, 'features.')
    .replace(/^net\.slice\d\.(\d+)\./, 'features.$1.')
    .replace(/^lin(\d)\.model\.\d\.weight$/, 'lin$1.weight');
}

/**
 * Reads a network's weights from one file with everything, or several whose parameters together are everything.
 * @param rename A parameter's name in `specs` by its published name; undefined for what is not needed.
 * @returns Official layout, exactly the parameters of `specs`.
 * @throws UserError if a file cannot be read, or parameters are missing, unexpected, doubled or of another shape.
 */
export async function readTogether(
  files: readonly string[],
  specs: readonly ParamSpec[],
  rename: (published: string) => string | undefined,
): Promise<HostTree> {
  const tree = new Map<string, HostTensor>();
  for (const file of files) {
    for (const [published, tensor] of await readWeights(file)) {
      const name = rename(published);
      if (name === undefined) continue;
      if (tree.has(name)) throw new UserError('this parameter of the metric is there twice', { file, key: published });
      tree.set(name, tensor);
    }
  }
  return matchParams(tree, specs, files.join(', '));
}

/**
 * Reads a perceptual metric's weights.
 * @param files One file with everything, or several whose parameters together are everything (backbone and heads).
 * @returns Official layout, exactly the metric's parameters.
 * @throws UserError if a file cannot be read, or parameters are missing, unexpected, doubled or of another shape.
 */
export function readPerceptual(metric: PerceptualMetric, files: string | readonly string[]): Promise<HostTree> {
  return readTogether([files].flat(), perceptualMetrics[metric].specs(), (published) => {
    if (NOT_NEEDED.test(published)) return undefined;
    return metric === 'st-lpips-alex' ? published : lpipsName(published);
  });
}
