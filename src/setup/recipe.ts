/** @file Which Python wheels hold the native TensorFlow of each variant, pinned by version and hash. */
import { UserError } from '../errors/user_error.js';

/** A file of a Python package index. */
export interface Wheel {
  readonly name: string;
  readonly version: string;
  /** Of the whole file, hexadecimal. */
  readonly sha256: string;
}

/** `stock` is what the tfjs-node package's own installer fetches. */
export type Variant = 'cpu' | 'cuda' | 'stock';

/** What to fetch and unpack for one variant. */
export interface Recipe {
  readonly variant: Exclude<Variant, 'stock'>;
  /** Version of the native library, as `TF_Version()` tells it. */
  readonly version: string;
  readonly wheels: readonly Wheel[];
  /** Disk space for the downloads and for the unpacked files. */
  readonly downloadBytes: number;
  readonly installedBytes: number;
}

const MB = 1e6;
const TENSORFLOW = '2.18.1';

const CPU: Recipe = {
  variant: 'cpu',
  version: TENSORFLOW,
  wheels: [wheel('tensorflow-cpu', TENSORFLOW, '810c75d7149d2da0cb2092187817b0dcabb80728ca9f9cf3a61f3f42fadd1298')],
  downloadBytes: 240 * MB,
  installedBytes: 720 * MB,
};

// TensorFlow's own pins (its `and-cuda` extra). The sizes are estimates with a margin.
const CUDA: Recipe = {
  variant: 'cuda',
  version: TENSORFLOW,
  wheels: [
    wheel('tensorflow', TENSORFLOW, 'c9f87e5d2a680a4595f5dc30daf6bbaec9d4129b46d7ef1b2af63c46ac7d2828'),
    wheel('nvidia-cublas-cu12', '12.5.3.2', 'ca070ad70e9fa6654084575d01bd001f30cc4665e33d4bb9fc8e0f321caa034b'),
    wheel('nvidia-cuda-cupti-cu12', '12.5.82', 'bde77a5feb66752ec61db2adfe47f56b941842825b4c7e2068aff27c9d107953'),
    wheel('nvidia-cuda-nvcc-cu12', '12.5.82', 'b03e545b8e8c3ce7ebcd7fc44063180ff52ff01d064ece2127ed90a04ef12cd0'),
    wheel('nvidia-cuda-nvrtc-cu12', '12.5.82', '3dbd97b0104b4bfbc3c4f8c79cd2496307c89c43c29a9f83125f1d76296ff3fd'),
    wheel('nvidia-cuda-runtime-cu12', '12.5.82', '3e79a060e126df40fd3a068f3f787eb000fa51b251ec6cd97d09579632687115'),
    wheel('nvidia-cudnn-cu12', '9.3.0.75', '9ad9c6929ebb5295eb4a1728024666d1c88283373e265a0c5c883e6f9d5cd76d'),
    wheel('nvidia-cufft-cu12', '11.2.3.61', '9a6e8df162585750f61983a638104a48c756aa13f9f48e19ab079b38e3c828b8'),
    wheel('nvidia-curand-cu12', '10.3.6.82', '2823fb27de4e44dbb22394a6adf53aa6e1b013aca0f8c22867d1cfae58405536'),
    wheel('nvidia-cusolver-cu12', '11.6.3.83', '93cfafacde4428b71778eeb092ec615a02a3d05404da1bcf91c53e3fa1bce42b'),
    wheel('nvidia-cusparse-cu12', '12.5.1.3', '016df8e993c437e8301e62739f01775cba988fd5253cd4c64173f8e8d2f8e752'),
    wheel('nvidia-nccl-cu12', '2.21.5', '8579076d30a8c24988834445f8d633c697d42397e92ffc3f63fa26766d25e0a0'),
    wheel('nvidia-nvjitlink-cu12', '12.5.82', 'f9b37bc5c8cf7509665cb6ada5aaa0ce65618f2332b7d3e78e9790511f111212'),
  ],
  downloadBytes: 3500 * MB,
  installedBytes: 6000 * MB,
};

function wheel(name: string, version: string, sha256: string): Wheel {
  return { name, version, sha256 };
}

/**
 * The recipe of a variant for this machine.
 * @throws {UserError} on platforms without wheels: anything but Linux on x64 with glibc.
 */
export function recipeFor(variant: Recipe['variant']): Recipe {
  const here = `${process.platform}-${process.arch}${hasGlibc() ? '' : ' without glibc'}`;
  if (here !== 'linux-x64') {
    throw new UserError(`there is no wheel of TensorFlow ${TENSORFLOW} for this platform`, {
      expected: 'linux-x64',
      found: here,
      remedy: "Try the package's own installer: npx rsd-setup --stock",
    });
  }
  return variant === 'cpu' ? CPU : CUDA;
}

function hasGlibc(): boolean {
  if (process.platform !== 'linux') return true;
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime !== undefined;
}
