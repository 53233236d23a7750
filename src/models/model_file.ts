/**
 * @file Model files: a network with everything it needs to run - weights, configs, and the autoencoder of its latents -
 * in one safetensors file; and official state dicts, which bring weights alone.
 *
 * Keys and layout are the official ones. The autoencoder stands beside a U-Net under the prefix `first_stage_model.`,
 * alone without prefix. The configs are JSON strings of the header's `__metadata__` (docs/restore.md, "Model files").
 */
import { z } from 'zod';
import packageJson from '../../package.json' with { type: 'json' };
import { countOrZero } from '../config/fields.js';
import { autoencoderSection } from '../config/sections/autoencoder.js';
import { diffusionSection } from '../config/sections/diffusion.js';
import { unetSection } from '../config/sections/teacher.js';
import { UserError } from '../errors/user_error.js';
import type { AutoencoderConfig } from '../nn/autoencoder_config.js';
import { autoencoderSpecs } from '../nn/autoencoder_specs.js';
import type { UNetConfig } from '../nn/unet_config.js';
import { unetSpecs } from '../nn/unet_specs.js';
import { requireFinite } from '../weights/finite.js';
import { readTree } from '../weights/read.js';
import { writeSafetensors } from '../weights/safetensors.js';
import type { HostTree } from '../weights/tree.js';
import { withWeightFile } from '../weights/weight_file.js';
import { matchParams } from './match.js';
import type { AssumedConfigs, Model, ModelKind, Weighted } from './model.js';
import { readStateDict } from './state_dict.js';

const FORMATS: Readonly<Record<ModelKind, string>> = {
  student: 'rsd-student',
  teacher: 'resshift-teacher',
  autoencoder: 'autoencoder',
};
const FORMAT_VERSION = '1';
const OWN_KEYS = new Set(['format', 'format_version', 'package_version', 'unet', 'diffusion', 'autoencoder']);
const AUTOENCODER_PREFIX = 'first_stage_model.';

const unetSchema = unetSection.extend({
  condMask: z.boolean().optional(),
  noiseChannels: countOrZero.default(0),
});
const autoencoderSchema = autoencoderSection.omit({ weights: true });

/**
 * Writes a model file, complete or not at all. Trees are in official layout and are written in official order.
 * @param model.extra Strings of your own; they must not use the names of the format itself (else an `Error`).
 * @param options.half Rounds weights to half precision: half the size, about three decimal digits.
 * @throws UserError if a tree does not fit its config or has values that are not finite.
 */
export async function writeModelFile(
  file: string,
  model: Omit<Model, 'extra'> & Partial<Pick<Model, 'extra'>>,
  { half = false }: { half?: boolean } = {},
): Promise<void> {
  const { kind, unet, diffusion, autoencoder, extra = {} } = model;
  if (kind === 'autoencoder' ? !autoencoder || unet : !unet || !diffusion) {
    throw new Error(
      `a model file of kind ${kind} needs ${kind === 'autoencoder' ? 'an autoencoder alone' : 'a U-Net and its process'}`,
    );
  }
  const own: Record<string, string> = {
    format: FORMATS[kind],
    format_version: FORMAT_VERSION,
    package_version: packageJson.version,
  };
  if (unet) own['unet'] = JSON.stringify(unet.config);
  if (diffusion) own['diffusion'] = JSON.stringify(diffusion);
  if (autoencoder) own['autoencoder'] = JSON.stringify(autoencoder.config);
  const taken = Object.keys(extra).find((name) => name in own);
  if (taken !== undefined) throw new Error(`metadata ${taken} belongs to the model file's format`);

  const prefix = unet ? AUTOENCODER_PREFIX : '';
  const tree = new Map(unet && checkUNet(file, unet.config, unet.tree).tree);
  const first = autoencoder && checkAutoencoder(file, autoencoder.config, autoencoder.tree).tree;
  for (const [name, tensor] of first ?? []) tree.set(prefix + name, tensor);
  await writeSafetensors(file, tree, { ...own, ...extra }, { dtype: half ? 'F16' : 'F32' });
}

/**
 * Reads a model file, or an official state dict (.pth or .safetensors), which is recognised by its shapes.
 * @param assumed Configs for a state dict; a model file brings its own.
 * @returns Trees in official layout, every parameter present and of the configured shape.
 * @throws UserError if the file is missing, damaged, no model, or does not fit its config (parameter, expected, found).
 */
export async function readModelFile(file: string, assumed: AssumedConfigs = {}): Promise<Model> {
  return withWeightFile(file, async (opened) => {
    const { metadata, tensors } = opened;
    const kind = modelFileKind(metadata);
    if (kind === undefined) return readStateDict(file, opened, assumed);
    const tree = await readTree(opened, new Map(tensors.map((tensor) => [tensor.name, tensor])));
    return parseModel(file, kind, tree, metadata);
  });
}

/** What a safetensors header says its model file is; undefined for a state dict. */
export function modelFileKind(metadata: Readonly<Record<string, string>>): ModelKind | undefined {
  return (Object.keys(FORMATS) as ModelKind[]).find((kind) => FORMATS[kind] === metadata['format']);
}

function parseModel(file: string, kind: ModelKind, tree: HostTree, metadata: Readonly<Record<string, string>>): Model {
  const config = <T>(key: string, schema: z.ZodType<T>): T => parseConfig(file, key, metadata[key], schema);
  if (kind === 'autoencoder') {
    return {
      kind,
      autoencoder: checkAutoencoder(file, config('autoencoder', autoencoderSchema), tree),
      extra: extraOf(metadata),
    };
  }
  const [unetTree, autoencoderTree] = splitByPrefix(tree);
  return {
    kind,
    unet: checkUNet(file, config('unet', unetSchema), unetTree),
    diffusion: config('diffusion', diffusionSection),
    autoencoder:
      metadata['autoencoder'] === undefined
        ? undefined
        : checkAutoencoder(file, config('autoencoder', autoencoderSchema), autoencoderTree),
    extra: extraOf(metadata),
  };
}

function parseConfig<T>(file: string, key: string, text: string | undefined, schema: z.ZodType<T>): T {
  const where = { file, key: `__metadata__.${key}` };
  if (text === undefined) throw new UserError('the model file does not have it', where);
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    const found = error instanceof z.ZodError ? z.prettifyError(error).replaceAll('\n', ' ') : (error as Error).message;
    throw new UserError(
      'cannot be understood',
      { ...where, found, remedy: 'It may be from a newer version' },
      { cause: error },
    );
  }
}

/** Strings of the header that are not the format's own. */
function extraOf(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => !OWN_KEYS.has(key)));
}

/** The U-Net's parameters, and the autoencoder's without their prefix. */
function splitByPrefix(tree: HostTree): [HostTree, HostTree] {
  const [unet, autoencoder] = [new Map(), new Map()];
  for (const [name, tensor] of tree) {
    if (name.startsWith(AUTOENCODER_PREFIX)) autoencoder.set(name.slice(AUTOENCODER_PREFIX.length), tensor);
    else unet.set(name, tensor);
  }
  return [unet, autoencoder];
}

function checkUNet(file: string, config: UNetConfig, tree: HostTree): Weighted<UNetConfig> {
  return { config, tree: requireFinite(file, matchParams(tree, unetSpecs(config), file)) };
}

function checkAutoencoder(file: string, config: AutoencoderConfig, tree: HostTree): Weighted<AutoencoderConfig> {
  return { config, tree: requireFinite(file, matchParams(tree, autoencoderSpecs(config), file)) };
}
