/** @file Names, official shapes and fresh initialisation of the U-Net's parameters, in the order of official checkpoints. */
import type { ParamSpec } from './param_spec.js';
import { SpecList } from './spec_list.js';
import { TIME_EMBEDDING } from './time_embedding.js';
import { planUNet, type UNetBlock, type UNetConfig, type UNetModule } from './unet_config.js';

function addRes(list: SpecList, prefix: string, inputs: number, outputs: number, embedding: number): void {
  list.norm(`${prefix}.in_layers.0`, inputs);
  list.conv(`${prefix}.in_layers.2`, inputs, outputs, 3);
  list.linear(`${prefix}.emb_layers.1`, embedding, 2 * outputs);
  list.norm(`${prefix}.out_layers.0`, outputs);
  list.conv(`${prefix}.out_layers.3`, outputs, outputs, 3, true);
  if (inputs !== outputs) list.conv(`${prefix}.skip_connection`, inputs, outputs, 1);
}

function addSwin(list: SpecList, prefix: string, channels: number, window: number, config: UNetConfig): void {
  const width = config.swinEmbedDim;
  const hidden = Math.floor(width * config.mlpRatio);
  list.conv(`${prefix}.patch_embed.proj`, channels, width, 1);
  if (config.patchNorm) list.norm(`${prefix}.patch_embed.norm`, width);
  list.conv(`${prefix}.patch_unembed.proj`, width, channels, 1);
  if (config.patchNorm) list.norm(`${prefix}.patch_unembed.norm`, channels);
  for (let block = 0; block < config.swinDepth; block++) {
    const name = `${prefix}.blocks.${block}`;
    list.norm(`${name}.norm1`, width);
    list.add(`${name}.attn.relative_position_bias_table`, [(2 * window - 1) ** 2, width / config.numHeadChannels], {
      kind: 'truncated-normal',
      std: 0.02,
    });
    list.linear(`${name}.attn.qkv`, width, 3 * width);
    list.linear(`${name}.attn.proj`, width, width);
    list.norm(`${name}.norm2`, width);
    list.conv(`${name}.mlp.fc1`, width, hidden, 1);
    list.conv(`${name}.mlp.fc2`, hidden, width, 1);
  }
}

function addModule(list: SpecList, name: string, module: UNetModule, config: UNetConfig): void {
  switch (module.kind) {
    case 'conv': {
      list.conv(name, module.inputs, module.outputs, 3);
      return;
    }
    case 'res': {
      addRes(list, name, module.inputs, module.outputs, 4 * config.modelChannels);
      return;
    }
    case 'swin': {
      addSwin(list, name, module.channels, module.window, config);
      return;
    }
    case 'down': {
      list.conv(`${name}.op`, module.channels, module.channels, 3);
      return;
    }
    case 'up': {
      list.conv(`${name}.conv`, module.channels, module.channels, 3);
      return;
    }
  }
}

/** Parameters of the U-Net `config` describes. */
export function unetSpecs(config: UNetConfig): ParamSpec[] {
  const plan = planUNet(config);
  const list = new SpecList();
  const embedding = 4 * config.modelChannels;
  list.linear(TIME_EMBEDDING, config.modelChannels * (config.studentTimestep ? 2 : 1), embedding);
  list.linear('time_embed.2', embedding, embedding);
  plan.lqStages.forEach(({ inputs, width }, stage) => {
    list.conv(`feature_extractor.${3 * stage}`, inputs, width, 3);
    list.conv(`feature_extractor.${3 * stage + 2}.op`, width, 2 * width, 3);
  });
  const addBlock = (block: UNetBlock): void => {
    block.modules.forEach((module, index) => {
      addModule(list, `${block.name}.${index}`, module, config);
    });
  };
  plan.inputBlocks.forEach(addBlock);
  addBlock(plan.middleBlock);
  plan.outputBlocks.forEach(addBlock);
  const width = config.modelChannels * config.channelMult[0]!;
  list.norm('out.0', width);
  list.conv('out.2', width, config.outChannels, 3);
  return list.specs;
}
