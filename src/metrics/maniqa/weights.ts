/** @file MANIQA's published parameters, and the form in which its network takes them. */
import type { ParamSpec } from '../../nn/param_spec.js';
import { SpecList } from '../../nn/spec_list.js';
import type { HostTensor, HostTree } from '../../weights/tree.js';

/** Side of a crop, of a token, and of the map of tokens. */
export const CROP = 224;
export const TOKEN = 8;
export const MAP = CROP / TOKEN;
export const TOKENS = MAP * MAP;
export const VIT_WIDTH = 768;
/** Blocks of ViT-B/8 that are needed: the outputs of the last four of them are the features. */
export const VIT_BLOCKS = 10;
export const FEATURE_BLOCKS = 4;
/** Side of an attention window. */
export const WINDOW = 4;
export const SWIN_HEADS = 4;
/** The two stages: channels in and within. */
export const STAGES = [
  { inputs: VIT_WIDTH * FEATURE_BLOCKS, width: VIT_WIDTH },
  { inputs: VIT_WIDTH, width: VIT_WIDTH / 2 },
] as const;
/** Inner width of the Swin blocks' MLPs. */
const SWIN_MLP = 768;
/** Branches of the head. */
export const BRANCHES = ['fc_score', 'fc_weight'] as const;
const HEAD_WIDTH = STAGES[1].width;

function addBlock(list: SpecList, name: string, width: number, mlp: number): void {
  list.norm(`${name}.norm1`, width);
  list.linear(`${name}.attn.qkv`, width, 3 * width);
  list.linear(`${name}.attn.proj`, width, width);
  list.norm(`${name}.norm2`, width);
  list.linear(`${name}.mlp.fc1`, width, mlp);
  list.linear(`${name}.mlp.fc2`, mlp, width);
}

/** Parameters that are used, by their published names. */
export function maniqaSpecs(): ParamSpec[] {
  const list = new SpecList();
  const table = { kind: 'truncated-normal', std: 0.02 } as const;
  list.add('vit.cls_token', [1, 1, VIT_WIDTH], table);
  list.add('vit.pos_embed', [1, TOKENS + 1, VIT_WIDTH], table);
  const inputs = 3 * TOKEN * TOKEN;
  list.add('vit.patch_embed.proj.weight', [VIT_WIDTH, 3, TOKEN, TOKEN], { kind: 'fan-in', fanIn: inputs });
  list.add('vit.patch_embed.proj.bias', [VIT_WIDTH], { kind: 'fan-in', fanIn: inputs });
  for (let block = 0; block < VIT_BLOCKS; block++) addBlock(list, `vit.blocks.${block}`, VIT_WIDTH, 4 * VIT_WIDTH);
  STAGES.forEach((stage, i) => {
    for (const block of [0, 1]) {
      for (const part of ['c_q', 'c_k', 'c_v']) list.linear(`tablock${i + 1}.${block}.${part}`, TOKENS, TOKENS);
    }
    list.conv(`conv${i + 1}`, stage.inputs, stage.width, 1);
    for (const layer of [0, 1]) {
      const name = `swintransformer${i + 1}.layers.${layer}`;
      for (const block of [0, 1]) {
        addBlock(list, `${name}.blocks.${block}`, stage.width, SWIN_MLP);
        const rows = (2 * WINDOW - 1) ** 2;
        list.add(`${name}.blocks.${block}.attn.relative_position_bias_table`, [rows, SWIN_HEADS], table);
      }
      list.conv(`${name}.conv`, stage.width, stage.width, 3);
    }
  });
  for (const branch of BRANCHES) {
    list.linear(`${branch}.0`, HEAD_WIDTH, HEAD_WIDTH);
    list.linear(`${branch}.3`, HEAD_WIDTH, 1);
  }
  return list.specs;
}

/** In the published file and not used: the backbone's last blocks and classifier, a convolution nothing runs through. */
const NOT_NEEDED = new RegExp(`^vit\\.(blocks\\.(${VIT_BLOCKS}|${VIT_BLOCKS + 1})|norm|head)\\.|\\.downsample\\.`);

/** A published name, or undefined if the parameter is not needed. */
export function neededName(name: string): string | undefined {
  return NOT_NEEDED.test(name) ? undefined : name;
}

/** Published parameters -> the network's, both in official layout: block parameters by `transformerBlock`'s names, tables as tables. */
export function preparedManiqa(tree: HostTree): HostTree {
  return new Map(
    [...tree].map(([name, tensor]): [string, HostTensor] => {
      const { shape, data } = tensor;
      if (name === 'vit.cls_token') return ['cls', { shape: shape.slice(2), data }];
      if (name === 'vit.pos_embed') return ['place_embedding.weight', { shape: shape.slice(1), data }];
      return [name.replace(/\.(attn|mlp)\./, '.'), tensor];
    }),
  );
}
