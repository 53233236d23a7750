/** @file What a process (and a GPU) that trains holds at its peak, part by part; docs/memory.md says where the constants are from. */
import { AUTOENCODER_GROUP } from '../autoencoder/first_stage.js';
import { batchDegradation, degradedSide } from '../config/degradation_sides.js';
import type { RunConfig } from '../config/schema.js';
import { partSize } from '../data/degradation/pipeline.js';
import { poolSize } from '../data/pair_pool.js';
import type { PlannedNetwork } from './traced_run.js';

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const FLOAT_BYTES = 4;

/** TensorFlow's and our own objects for one operation: its definition, copies while programs are compiled, its kernel. */
const GRAPH_BYTES_PER_OPERATION = 13.5 * KIB;
/** A data thread: a JavaScript engine with the package's modules, and the image library's buffers. */
const DATA_THREAD_BYTES = 28 * MIB;
/** What TensorFlow's memory pool takes beyond the results in it, as a share of them: gaps that fit no other result. */
const POOL_GAPS = 0.1;

/** The degradation: its programs, and how many images of the largest size it holds at a time. */
const DEGRADATION_PROGRAM_BYTES = 30 * MIB;
const DEGRADATION_CANVASES = 18;

/** One part of the memory. */
export interface MemoryPart {
  readonly what: string;
  readonly bytes: number;
}

/** What the parts follow from. */
export interface RunSizes {
  readonly networks: readonly PlannedNetwork[];
  readonly stateBytes: number;
  /** Operations of the graph. */
  readonly operations: number;
  /** Most bytes of results alive at a time, over all programs. */
  readonly runBytes: number;
  /** What the degradation takes where it is run on the device, see {@link degradationBytes}. */
  readonly degradationBytes: number;
}

/** Parts of the process's peak, which is reached when the first checkpoint is written. */
export function hostParts(
  config: RunConfig,
  sizes: RunSizes,
  { baseBytes, gpu }: { readonly baseBytes: number; readonly gpu: boolean },
): MemoryPart[] {
  const parts = [
    { what: 'Node.js, TensorFlow and this package', bytes: baseBytes },
    { what: 'graph', bytes: sizes.operations * GRAPH_BYTES_PER_OPERATION },
    { what: 'training data: threads, decoded photos, batches ahead', bytes: dataBytes(config) },
    { what: 'pool of training pairs', bytes: poolSize(config.data, config.train.batch) * pairBytes(config) },
    { what: 'autoencoder, for the exported model', bytes: exportedBytes(config, sizes) },
    ...(gpu ? [] : gpuParts(sizes)),
    { what: 'groups on their way into a checkpoint', bytes: checkpointBytes(sizes) },
  ];
  return parts.filter(({ bytes }) => bytes > 0);
}

/** Parts of the GPU's peak. */
export function gpuParts({ stateBytes, runBytes, degradationBytes }: RunSizes): MemoryPart[] {
  const parts = [
    { what: 'resident state', bytes: stateBytes },
    { what: 'results alive at a time', bytes: runBytes },
    { what: 'gaps between them', bytes: runBytes * POOL_GAPS },
    { what: 'degradation of batches', bytes: degradationBytes },
  ];
  return parts.filter(({ bytes }) => bytes > 0);
}

/** One training pair. */
function pairBytes({ data }: RunConfig): number {
  return (data.gtSize ** 2 + (data.gtSize / data.scale) ** 2) * 3 * FLOAT_BYTES;
}

function dataBytes(config: RunConfig): number {
  const { data, train } = config;
  const batches = (data.prefetch + 1) * train.batch * pairBytes(config);
  // What is drawn for a batch that the device degrades is as large as its images in the mean.
  const draws = batchDegradation(data) ? batches : 0;
  return data.workers * DATA_THREAD_BYTES + data.cacheMb * MIB + batches + draws;
}

/** Programs of the degradation, and what one run of the largest takes. */
export function degradationBytes({ data, train }: RunConfig): number {
  const degradation = batchDegradation(data);
  if (!degradation) return 0;
  const canvas = degradedSide(data) * degradation.first.resizeRange[1];
  return DEGRADATION_PROGRAM_BYTES + DEGRADATION_CANVASES * partSize(train.batch) * canvas ** 2 * 3 * FLOAT_BYTES;
}

/** A frozen autoencoder goes into every exported model and is kept as it was read. */
function exportedBytes({ method }: RunConfig, { networks }: RunSizes): number {
  const autoencoder = networks.find(({ group, role }) => group === AUTOENCODER_GROUP && role === 'frozen');
  return method === 'autoencoder' ? 0 : (autoencoder?.bytes.weights ?? 0);
}

/** A group is fetched in memory layout and turned into the official one, while one before it is still to be collected. */
function checkpointBytes({ networks }: RunSizes): number {
  const trained = networks.filter(({ role }) => role !== 'frozen');
  return 3 * Math.max(...trained.map(({ bytes }) => bytes.weights ?? 0));
}
