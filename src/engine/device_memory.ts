/** @file How much memory there is for a run: of the machine for this process, of the selected GPU. */
import { selectedGpuOptions } from './device.js';
import { Graph } from './graph.js';
import { Session } from './session.js';

/** Bytes that this process may have resident altogether: what it has and what is still to be had, container limits included. */
export function hostMemoryLimit(): number {
  return process.memoryUsage.rss() + process.availableMemory();
}

/** Bytes that TensorFlow may take on the selected GPU (with `engine.memory.capMb`: at most those); undefined on the CPU. */
export function gpuMemoryLimit(): number | undefined {
  const gpu = selectedGpuOptions();
  if (!gpu) return undefined;
  const graph = new Graph();
  const session = new Session(graph, { gpu });
  try {
    return session.devices().find(({ type }) => type === 'GPU')?.memoryBytes;
  } finally {
    session.dispose();
    graph.dispose();
  }
}
