/** @file Held-out images through a pass of the networks. */
import { contentHash, pictureNoise } from '../diffusion/picture_noise.js';
import type { HostArray } from '../engine/host_array.js';
import type { Picture } from '../images/picture.js';
import type { Pass } from '../teacher/pass.js';
import type { Restoration } from './method.js';

/** Restorations of different iterations and runs get the same noise. */
const VALIDATION_SEED = 0;

const toPicture = ({ shape, data }: HostArray): Picture => ({
  height: shape[1]!,
  width: shape[2]!,
  data: data as Float32Array,
});

/** A pass as a restoration; results are clamped. @param network Name of what restores, for its label. */
export function passRestoration(pass: Pass, network?: string): Restoration {
  const steps = `${pass.evaluations} step${pass.evaluations === 1 ? '' : 's'}`;
  return {
    label: network ? `${network}, ${steps}` : steps,
    async restore({ lq }) {
      const picture = toPicture(lq);
      const noise = pictureNoise(VALIDATION_SEED, contentHash(picture));
      const [restored] = await pass.run([picture], [noise], () => undefined);
      const { height, width, data } = restored!;
      return { shape: [1, height, width, 3], data: data.map((value) => Math.min(1, Math.max(-1, value))) };
    },
  };
}
