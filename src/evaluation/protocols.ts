/** @file Evaluation: the two published protocols: datasets by name, how they are restored, what is measured. */
import { suggestion } from '../errors/suggestion.js';
import { UserError } from '../errors/user_error.js';
import {
  DIV2K_VAL_CROPS,
  DREALSR_CROPS,
  IMAGENET_TEST,
  REALSET65,
  REALSR_CROPS,
  REALSR_FULL,
  type PublishedTable,
} from './published.js';

export const PROTOCOLS = ['sinsr', 'osediff'] as const;
export type ProtocolName = (typeof PROTOCOLS)[number];

/** One dataset of a protocol. */
export interface ProtocolDataset {
  /** What it is, for messages. */
  readonly about: string;
  /** Metrics in the order of the published table. */
  readonly metrics: readonly string[];
  readonly hasOriginals: boolean;
  readonly published: PublishedTable;
}

/** How images are restored: as the RSD release does (tiles of 512 with stride 448, JPEG inputs give JPEG of quality 95). */
export const RELEASE_RESTORING = { tile: 512, overlap: 64, seed: 12345 } as const;

const FULL_SIZE = ['psnr', 'ssim', 'lpips-alex', 'clipiqa', 'musiq-koniq'];
const CROPS = ['psnr', 'ssim', 'lpips-alex', 'dists', 'niqe', 'musiq-koniq', 'maniqa-pipal', 'clipiqa', 'fid'];

const crops = (about: string, published: PublishedTable): ProtocolDataset => ({
  about,
  metrics: CROPS,
  hasOriginals: true,
  published,
});

/** SinSR's (tables 1 and 2 of the RSD paper) and OSEDiff's (table 3). */
export const PROTOCOL_DATASETS: Readonly<Record<ProtocolName, Readonly<Record<string, ProtocolDataset>>>> = {
  sinsr: {
    RealSR: {
      about: 'photos of RealSR, whole',
      metrics: FULL_SIZE,
      hasOriginals: true,
      published: REALSR_FULL,
    },
    RealSet65: {
      about: 'photos without originals',
      metrics: ['clipiqa', 'musiq-koniq'],
      hasOriginals: false,
      published: REALSET65,
    },
    'ImageNet-Test': {
      about: 'images of ImageNet, 256x256 from 64x64',
      metrics: [...FULL_SIZE, 'fid'],
      hasOriginals: true,
      published: IMAGENET_TEST,
    },
  },
  osediff: {
    'DIV2K-Val': crops('crops of DIV2K, 512x512 from 128x128', DIV2K_VAL_CROPS),
    DRealSR: crops('crops of DRealSR, 512x512 from 128x128', DREALSR_CROPS),
    RealSR: crops('crops of RealSR, 512x512 from 128x128', REALSR_CROPS),
  },
};

/**
 * A protocol's dataset by its name, whatever the case.
 * @throws UserError if it has no such dataset.
 */
export function protocolDataset(
  protocol: ProtocolName,
  name: string | undefined,
): ProtocolDataset & { readonly name: string } {
  const datasets = PROTOCOL_DATASETS[protocol];
  const names = Object.keys(datasets);
  const found = names.find((known) => known.toLowerCase() === name?.toLowerCase());
  if (found) return { name: found, ...datasets[found]! };
  const meant = name === undefined ? undefined : suggestion(name, names);
  throw new UserError(`the protocol ${protocol} is about certain datasets`, {
    key: '--dataset',
    expected: names.map((known) => `${known} (${datasets[known]!.about})`).join(', '),
    found: name ?? 'none',
    remedy: meant && `Did you mean ${meant}?`,
  });
}
