/** @file Names, official shapes and fresh initialisation of the autoencoder's parameters, in the order of official checkpoints. */
import { planAutoencoder, type AutoencoderConfig } from './autoencoder_config.js';
import type { ParamSpec } from './param_spec.js';
import { SpecList } from './spec_list.js';

function addRes(list: SpecList, prefix: string, inputs: number, outputs: number): void {
  list.norm(`${prefix}.norm1`, inputs);
  list.conv(`${prefix}.conv1`, inputs, outputs, 3);
  list.norm(`${prefix}.norm2`, outputs);
  list.conv(`${prefix}.conv2`, outputs, outputs, 3);
  if (inputs !== outputs) list.conv(`${prefix}.nin_shortcut`, inputs, outputs, 1);
}

function addMiddle(list: SpecList, prefix: string, width: number): void {
  addRes(list, `${prefix}.block_1`, width, width);
  list.norm(`${prefix}.attn_1.norm`, width);
  for (const name of ['q', 'k', 'v', 'proj_out']) list.conv(`${prefix}.attn_1.${name}`, width, width, 1);
  addRes(list, `${prefix}.block_2`, width, width);
}

/** A convolution whose output an anchor is added to starts at zero: then an anchored autoencoder starts as its anchor. */
function besideAnchor(
  list: SpecList,
  name: string,
  [inputs, outputs, size]: readonly [number, number, 1 | 3],
  config: AutoencoderConfig,
): void {
  if (config.anchored === false) {
    list.conv(name, inputs, outputs, size);
    return;
  }
  const zero = { kind: 'constant', value: 0 } as const;
  list.add(`${name}.weight`, [outputs, inputs, size, size], zero);
  list.add(`${name}.bias`, [outputs], zero);
}

function addEncoder(list: SpecList, config: AutoencoderConfig): void {
  const { blocks, widths } = planAutoencoder(config);
  list.conv('encoder.conv_in', config.inChannels, config.ch, 3);
  let channels = config.ch;
  widths.forEach((width, level) => {
    for (let block = 0; block < blocks[level]!; block++) {
      addRes(list, `encoder.down.${level}.block.${block}`, channels, width);
      channels = width;
    }
    if (level < widths.length - 1) list.conv(`encoder.down.${level}.downsample.conv`, channels, channels, 3);
  });
  addMiddle(list, 'encoder.mid', channels);
  list.norm('encoder.norm_out', channels);
  list.conv('encoder.conv_out', channels, config.zChannels, 3);
}

function addDecoder(list: SpecList, config: AutoencoderConfig): void {
  const { blocks, widths } = planAutoencoder(config);
  const deepest = widths.length - 1;
  list.conv('decoder.conv_in', config.zChannels, widths[deepest]!, 3);
  addMiddle(list, 'decoder.mid', widths[deepest]!);
  // Checkpoints list the levels upwards although they run downwards.
  widths.forEach((width, level) => {
    for (let block = 0; block <= blocks[level]!; block++) {
      const above = widths[Math.min(level + 1, deepest)]!;
      addRes(list, `decoder.up.${level}.block.${block}`, block === 0 ? above : width, width);
    }
    if (level > 0) list.conv(`decoder.up.${level}.upsample.conv`, width, width, 3);
  });
  list.norm('decoder.norm_out', widths[0]!);
  besideAnchor(list, 'decoder.conv_out', [widths[0]!, config.outCh, 3], config);
}

/** Parameters of the autoencoder `config` describes. */
export function autoencoderSpecs(config: AutoencoderConfig): ParamSpec[] {
  const list = new SpecList();
  addEncoder(list, config);
  addDecoder(list, config);
  list.add('quantize.embedding.weight', [config.nEmbed, config.embedDim], {
    kind: 'uniform',
    bound: 1 / config.nEmbed,
  });
  besideAnchor(list, 'quant_conv', [config.zChannels, config.embedDim, 1], config);
  list.conv('post_quant_conv', config.embedDim, config.zChannels, 1);
  return list.specs;
}
