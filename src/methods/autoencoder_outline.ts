/** @file Networks and update of an autoencoder training, from its config alone. */
import type { RunConfig } from '../config/schema.js';
import { tf, type Params, type Tensor, type Tensors } from '../engine/tfjs.js';
import type { StateAccess } from '../engine/types.js';
import { autoencoderConfigOf } from './trained_model.js';
import { codebookLoss, commitmentLoss, reconstructionLoss } from '../losses/autoencoder.js';
import { decode, encode } from '../nn/autoencoder.js';
import type { AutoencoderConfig } from '../nn/autoencoder_config.js';
import { autoencoderSpecs } from '../nn/autoencoder_specs.js';
import { lookUpCodes, quantize } from '../nn/quantizer.js';
import type { LossValue } from '../optimizer/gradients.js';
import { EMA, type Outline, type OutlinedUpdate } from '../optimizer/outline.js';
import { residentPerceptual, type ResidentPerceptual } from '../models/resident_perceptual.js';

/** Resident group of the network that is trained. */
export const MODEL = 'autoencoder';

/** An {@link Outline} and the networks of its loss. */
export interface AutoencoderOutline extends Outline {
  readonly network: AutoencoderConfig;
  readonly updates: Readonly<Record<'autoencoder', OutlinedUpdate>>;
}

/** @param quantised Whether the decoder gets codes or, as before the codebook is made, the latent as it is. */
export function outlineAutoencoder(config: RunConfig, quantised = config.autoencoder.quantized): AutoencoderOutline {
  const network = autoencoderConfigOf(config);
  const perceptual = residentPerceptual(config.autoencoderTraining.perceptual);
  const { batch, microBatch } = config.train;
  const side = config.data.gtSize;
  return {
    network,
    networks: [
      { group: MODEL, specs: autoencoderSpecs(network), role: 'averaged' },
      ...(perceptual ? [perceptual.network] : []),
    ],
    updates: {
      autoencoder: {
        times: 1,
        spec: {
          name: 'autoencoder update',
          groups: [MODEL],
          inputs: { hr: { shape: [microBatch, side, side, 3], dtype: 'float32' } },
          ema: { group: EMA, source: MODEL },
          recompute: config.train.recompute,
          loss: (inputs, params, state) =>
            autoencoderLoss({ config, network, perceptual, quantised }, inputs, params[MODEL]!, state),
        },
      },
    },
    microBatches: batch / microBatch,
  };
}

interface LossContext {
  readonly config: RunConfig;
  readonly network: AutoencoderConfig;
  readonly perceptual: ResidentPerceptual | undefined;
  readonly quantised: boolean;
}

function autoencoderLoss(
  { config, network, perceptual, quantised }: LossContext,
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
