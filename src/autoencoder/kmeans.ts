/** @file k-means on the host: the codebook of an autoencoder from a sample of its latents. */
import { CountedRandom } from '../random/counted.js';

/**
 * Lloyd's algorithm from `count` vectors drawn without replacement; a centre that loses all its vectors is moved to a drawn one.
 * @param vectors [N, width] row by row, N >= count.
 * @returns centres [count, width]; a function of the arguments alone.
 */
export function kmeans(
  vectors: Float32Array,
  width: number,
  count: number,
  { rounds, seed }: { rounds: number; seed: number },
): Float32Array {
  const n = vectors.length / width;
  if (n < count) throw new RangeError(`${n} vectors cannot make ${count} centres`);
  const random = new CountedRandom({ seed, purpose: 'k-means' });
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  const centres = new Float32Array(count * width);
  for (let i = 0; i < count; i++) {
    const j = i + random.integer(n - i);
    [order[i], order[j]] = [order[j]!, order[i]!];
    centres.set(vectors.subarray(order[i]! * width, order[i]! * width + width), i * width);
  }
  for (let round = 0; round < rounds; round++) {
    const sums = new Float64Array(count * width);
    const members = new Uint32Array(count);
    for (let v = 0; v < n; v++) {
      const nearest = nearestCentre(vectors, v * width, centres, width, count);
      members[nearest]! += 1;
      for (let d = 0; d < width; d++) sums[nearest * width + d]! += vectors[v * width + d]!;
    }
    for (let i = 0; i < count; i++) {
      const donor = members[i] === 0 ? random.integer(n) * width : -1;
      for (let d = 0; d < width; d++) {
        centres[i * width + d] = donor >= 0 ? vectors[donor + d]! : sums[i * width + d]! / members[i]!;
      }
    }
  }
  return centres;
}

function nearestCentre(vectors: Float32Array, at: number, centres: Float32Array, width: number, count: number): number {
  let nearest = 0;
  let least = Infinity;
  for (let i = 0; i < count; i++) {
    let distance = 0;
    for (let d = 0; d < width && distance < least; d++) distance += (vectors[at + d]! - centres[i * width + d]!) ** 2;
    if (distance < least) {
      least = distance;
      nearest = i;
    }
  }
  return nearest;
}
