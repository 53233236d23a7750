/** @file The parameters of CLIP RN50 by their published names, and the form in which the networks here take them. */
import { toOfficialLayout } from '../../models/layout.js';
import type { ParamSpec } from '../../nn/param_spec.js';
import { SpecList } from '../../nn/spec_list.js';
import type { HostTensor, HostTree } from '../../weights/tree.js';
import { batchNormSpecs, foldBatchNorm } from '../batch_norm.js';

/** Of the common space of texts and images. */
export const EMBEDDING = 1024;
export const TEXT_WIDTH = 512;
export const TEXT_LAYERS = 12;
const CONTEXT = 77;
const VOCABULARY = 49408;
const IMAGE_WIDTH = 2048;
const EPSILON = 1e-5;

/** A convolution and the batch normalisation after it. */
interface NormedConvolution {
  readonly name: string;
  readonly norm: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly side: 1 | 3;
}

/** A bottleneck of the residual network. */
export interface Bottleneck {
  readonly name: string;
  readonly inputs: number;
  readonly inner: number;
  /** Whether it halves height and width. */
  readonly halves: boolean;
  /** Whether the shortcut is a convolution. */
  readonly projected: boolean;
}

/** Channels out of a bottleneck for each inner one. */
const EXPANSION = 4;
const STEM_WIDTH = 64;

/** Blocks by stage: 3, 4, 6, 3. */
export const BOTTLENECKS: readonly Bottleneck[] = [3, 4, 6, 3].flatMap((blocks, stage) => {
  const inner = STEM_WIDTH * 2 ** stage;
  return Array.from({ length: blocks }, (_, block): Bottleneck => {
    const inputs = block > 0 ? inner * EXPANSION : stage > 0 ? (inner / 2) * EXPANSION : STEM_WIDTH;
    const name = `visual.layer${stage + 1}.${block}`;
    return { name, inputs, inner, halves: block === 0 && stage > 0, projected: block === 0 };
  });
});

const normed = (name: string, norm: string, inputs: number, outputs: number, side: 1 | 3): NormedConvolution => {
  return { name, norm, inputs, outputs, side };
};

const CONVOLUTIONS: readonly NormedConvolution[] = [
  normed('visual.conv1', 'visual.bn1', 3, STEM_WIDTH / 2, 3),
  normed('visual.conv2', 'visual.bn2', STEM_WIDTH / 2, STEM_WIDTH / 2, 3),
  normed('visual.conv3', 'visual.bn3', STEM_WIDTH / 2, STEM_WIDTH, 3),
  ...BOTTLENECKS.flatMap(({ name, inputs, inner, projected }) => [
    normed(`${name}.conv1`, `${name}.bn1`, inputs, inner, 1),
    normed(`${name}.conv2`, `${name}.bn2`, inner, inner, 3),
    normed(`${name}.conv3`, `${name}.bn3`, inner, inner * EXPANSION, 1),
    ...(projected ? [normed(`${name}.downsample.0`, `${name}.downsample.1`, inputs, inner * EXPANSION, 1)] : []),
  ]),
];

const textBlock = (layer: number): string => `transformer.resblocks.${layer}`;

/** Parameters that are used here; the positional embedding of the image side is not. */
export function clipSpecs(): ParamSpec[] {
  const list = new SpecList();
  const table = { kind: 'truncated-normal', std: 0.02 } as const;
  list.add('logit_scale', [], { kind: 'constant', value: Math.log(100) });
  list.add('token_embedding.weight', [VOCABULARY, TEXT_WIDTH], table);
  list.add('positional_embedding', [CONTEXT, TEXT_WIDTH], table);
  list.add('text_projection', [TEXT_WIDTH, EMBEDDING], table);
  list.norm('ln_final', TEXT_WIDTH);
  for (let layer = 0; layer < TEXT_LAYERS; layer++) {
    const name = textBlock(layer);
    const init = { kind: 'fan-in', fanIn: TEXT_WIDTH } as const;
    list.add(`${name}.attn.in_proj_weight`, [3 * TEXT_WIDTH, TEXT_WIDTH], init);
    list.add(`${name}.attn.in_proj_bias`, [3 * TEXT_WIDTH], init);
    list.linear(`${name}.attn.out_proj`, TEXT_WIDTH, TEXT_WIDTH);
    list.norm(`${name}.ln_1`, TEXT_WIDTH);
    list.norm(`${name}.ln_2`, TEXT_WIDTH);
    list.linear(`${name}.mlp.c_fc`, TEXT_WIDTH, 4 * TEXT_WIDTH);
    list.linear(`${name}.mlp.c_proj`, 4 * TEXT_WIDTH, TEXT_WIDTH);
  }
  for (const { name, norm, inputs, outputs, side } of CONVOLUTIONS) {
    list.add(`${name}.weight`, [outputs, inputs, side, side], { kind: 'fan-in', fanIn: inputs * side * side });
    list.specs.push(...batchNormSpecs(norm, outputs));
  }
  for (const part of ['k_proj', 'q_proj', 'v_proj']) list.linear(`visual.attnpool.${part}`, IMAGE_WIDTH, IMAGE_WIDTH);
  list.linear('visual.attnpool.c_proj', IMAGE_WIDTH, EMBEDDING);
  return list.specs;
}

/** The image side: convolutions with their normalisation folded in, attention pooling. Official layout. */
export function imageSide(tree: HostTree): Map<string, HostTensor> {
  const prepared = new Map([...tree].filter(([name]) => name.startsWith('visual.attnpool.')));
  for (const { name, norm } of CONVOLUTIONS) {
    const { weight, bias } = foldBatchNorm(tree, name, norm, EPSILON);
    prepared.set(`${name}.weight`, weight).set(`${name}.bias`, bias);
  }
  return prepared;
}

/** A text block's parameter by its name in `transformerBlock`. */
function blockName(name: string): string {
  return name
    .replace('transformer.resblocks.', 'block_')
    .replace('.attn.in_proj_', '.qkv.')
    .replace('.attn.out_proj.', '.proj.')
    .replace('.ln_', '.norm')
    .replace('.mlp.c_fc.', '.fc1.')
    .replace('.mlp.c_proj.', '.fc2.');
}

/**
 * The text side for some texts: `prompt_embedding.weight` [texts*tokens,512] has the tokens' embeddings with those of their
 * places added. Official layout.
 * @param texts Token numbers, all texts of one length.
 */
export function textSide(tree: HostTree, texts: readonly (readonly number[])[]): HostTree {
  const prepared = new Map<string, HostTensor>();
  for (const [name, tensor] of tree) {
    if (name.startsWith('transformer.')) prepared.set(blockName(name), tensor);
    else if (name.startsWith('ln_final.')) prepared.set(name, tensor);
  }
  const projection = 'text_projection.weight';
  prepared.set(projection, toOfficialLayout(projection, tree.get('text_projection')!));
  const [tokens, places] = [tree.get('token_embedding.weight')!.data, tree.get('positional_embedding')!.data];
  const data = texts.flatMap((text) =>
    text.flatMap((token, place) => {
      const at = place * TEXT_WIDTH;
      const row = tokens.subarray(token * TEXT_WIDTH, (token + 1) * TEXT_WIDTH);
      return Array.from(row, (value, i) => value + places[at + i]!);
    }),
  );
  const shape = [data.length / TEXT_WIDTH, TEXT_WIDTH];
  return prepared.set('prompt_embedding.weight', { shape, data: Float32Array.from(data) });
}
