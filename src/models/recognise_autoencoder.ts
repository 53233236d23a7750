/** @file Recognises the VQ autoencoder from its parameters' shapes. */
import { planAutoencoder, type AutoencoderConfig } from '../nn/autoencoder_config.js';
import type { Recognised } from './recognised.js';
import { assumeGroups, type Shapes } from './shapes.js';

/** The parameter that tells an autoencoder. */
export const ENCODER_CONVOLUTION = 'encoder.conv_in.weight';

/** Nominal side for a factor; no supported model depends on it. */
const RESOLUTION_PER_FACTOR = 64;

/** @throws UserError if a parameter that is needed is missing, or for kinds that are not supported. */
export function recogniseAutoencoder(shapes: Shapes): Recognised {
  const config = autoencoderConfig(shapes);
  const { factor } = planAutoencoder(config);
  const { nEmbed, embedDim, normGroups, resolution } = config;
  return {
    kind: 'autoencoder',
    description: `VQ, f${factor}, ${nEmbed} codes of ${embedDim} channels`,
    autoencoder: config,
    assumed: [`normGroups ${normGroups}`, `resolution ${resolution}`, 'anchored false', 'quantized true'],
  };
}

function autoencoderConfig(shapes: Shapes): AutoencoderConfig {
  const [ch, inChannels] = shapes.get(ENCODER_CONVOLUTION, 4) as [number, number];
  const codebook = 'quantize.embedding.weight';
  if (!shapes.has(codebook)) shapes.refuse(codebook, 'an autoencoder without a codebook is not supported');
  const [nEmbed, embedDim] = shapes.get(codebook, 2) as [number, number];
  const levels = shapes.count('encoder.down');
  const chMult: number[] = [];
  const numResBlocks: number[] = [];
  for (let level = 0; level < levels; level++) {
    const name = `encoder.down.${level}`;
    if (shapes.has(`${name}.attn`)) shapes.refuse(`${name}.attn`, 'attention is supported in the middle only');
    const [width] = shapes.get(`${name}.block.0.conv1.weight`, 4) as [number];
    if (width % ch !== 0)
      shapes.refuse(`${name}.block.0.conv1.weight`, 'no multiple of the base width', `a multiple of ${ch}`);
    chMult.push(width / ch);
    numResBlocks.push(shapes.count(`${name}.block`));
  }
  if (levels === 0) shapes.refuse('encoder.down', 'the encoder has no levels');
  const same = numResBlocks.every((blocks) => blocks === numResBlocks[0]);
  return {
    embedDim,
    nEmbed,
    zChannels: shapes.get('encoder.conv_out.weight', 4)[0]!,
    inChannels,
    outCh: shapes.get('decoder.conv_out.weight', 4)[0]!,
    ch,
    chMult,
    numResBlocks: same ? numResBlocks[0]! : numResBlocks,
    attnResolutions: [],
    resolution: RESOLUTION_PER_FACTOR * 2 ** (levels - 1),
    normGroups: assumeGroups(shapes, ENCODER_CONVOLUTION, [ch]),
    anchored: false,
    quantized: true,
  };
}
