/** @file One update of an autoencoder: L1, perceptual and codebook losses, straight-through codes (VQGAN, arXiv 2012.09841, without its GAN). */
import type { RunConfig } from '../config/schema.js';
import { tf, type Params, type Tensor, type Tensors } from '../engine/tfjs.js';
import type { StateAccess } from '../engine/types.js';
import { codebookLoss, commitmentLoss, reconstructionLoss } from '../losses/autoencoder.js';
import type { ResidentPerceptual } from '../models/resident_perceptual.js';
import { decode, encode } from '../nn/autoencoder.js';
import type { AutoencoderConfig } from '../nn/autoencoder_config.js';
import { lookUpCodes, quantize } from '../nn/quantizer.js';
import type { LossValue } from '../optimizer/gradients.js';
import { EMA } from '../optimizer/outline.js';
import type { UpdateSpec } from '../optimizer/update.js';
import { AUTOENCODER_GROUP } from './first_stage.js';

/** What an update of an autoencoder depends on. */
export interface AutoencoderUpdateContext {
  readonly config: RunConfig;
  readonly network: AutoencoderConfig;
  /** Absent: no perceptual term. */
  readonly perceptual: ResidentPerceptual | undefined;
  /** Whether the decoder gets codes or, as before the codebook is made, the latent as it is. */
  readonly quantised: boolean;
}

/** One update of the autoencoder, and of its moving average, on `hr` [B, side, side, 3] in [-1, 1]. */
export function autoencoderUpdateSpec(context: AutoencoderUpdateContext): UpdateSpec {
  const { train, data } = context.config;
  return {
    name: 'autoencoder update',
    groups: [AUTOENCODER_GROUP],
    inputs: { hr: { shape: [train.microBatch, data.gtSize, data.gtSize, 3], dtype: 'float32' } },
    ema: { group: EMA, source: AUTOENCODER_GROUP },
    recompute: train.recompute,
    loss: (inputs, params, state) => autoencoderLoss(context, inputs, params[AUTOENCODER_GROUP]!, state),
  };
}

function autoencoderLoss(
  { config, network, perceptual, quantised }: AutoencoderUpdateContext,
  inputs: Tensors,
  params: Params,
  state: StateAccess,
): LossValue {
  const { l1Weight, codebookWeight, commitment, perceptual: term } = config.autoencoderTraining;
  const hr = inputs['hr']!;
  const latent = encode(params, network, hr);
  const code = quantised ? quantize(params, network, latent) : undefined;
  const decoded = decode(params, network, code?.quantized ?? latent, { quantize: false });
  const terms: Record<string, Tensor> = { l1: tf.mean(reconstructionLoss(decoded, hr)) };
  const weighted = [tf.mul(terms['l1']!, l1Weight)];
  if (perceptual) {
    terms['perceptual'] = tf.mean(perceptual.distance(state, decoded, hr));
    weighted.push(tf.mul(terms['perceptual'], term.weight));
  }
  if (code) {
    const codes = lookUpCodes(params, code.indices);
    terms['codebook'] = tf.mean(codebookLoss(codes, latent));
    terms['commitment'] = tf.mean(commitmentLoss(codes, latent));
    weighted.push(tf.mul(tf.add(terms['codebook'], tf.mul(terms['commitment'], commitment)), codebookWeight));
  }
  return { total: tf.addN(weighted), terms, extras: code ? { indices: code.indices } : {} };
}
