/** @file Rows of a sample grid: held-out images and what a method makes of them. */
import type { HostArray } from '../engine/host_array.js';
import type { GridImage, GridRow } from '../images/image_grid.js';
import type { HeldOutImage, Method, Restoration } from '../methods/method.js';

/**
 * Rows of held-out images: LR, what `made` gives of each, HR where there is one.
 * @param labels of what `made` gives
 */
export async function sampleRows(
  images: readonly HeldOutImage[],
  labels: readonly string[],
  made: (image: HeldOutImage) => Promise<readonly HostArray[]>,
): Promise<{ rows: GridRow[]; columns: string[] }> {
  const rows: GridRow[] = [];
  for (const image of images) {
    const shown = [image.lq, ...(await made(image)), ...(image.hr ? [image.hr] : [])];
    rows.push({ label: image.name, images: shown.map(gridImage) });
  }
  return { rows, columns: ['LR', ...labels, ...(images[0]?.hr ? ['HR'] : [])] };
}

/** First image of a batch [1,H,W,3] as a grid's image. */
function gridImage({ shape, data }: HostArray): GridImage {
  return { data: data as Float32Array, height: shape[1]!, width: shape[2]! };
}

/** Sample grids of a method; what never changes is restored once. */
export class SampleGrids {
  private readonly references = new Map<string, HostArray>();

  constructor(private readonly method: Pick<Method, 'shown' | 'reference'>) {}

  /** Rows after an iteration, and their column labels. */
  rows(images: readonly HeldOutImage[], iteration: number): Promise<{ rows: GridRow[]; columns: string[] }> {
    const shown = this.method.shown(iteration);
    const labels = shown.map(({ label }) => label);
    return sampleRows(images, labels, async (image) => {
      const made: HostArray[] = [];
      for (const restoration of shown) made.push(await this.restored(restoration, image));
      return made;
    });
  }

  private async restored(restoration: Restoration, image: HeldOutImage): Promise<HostArray> {
    if (restoration !== this.method.reference) return restoration.restore(image);
    const known = this.references.get(image.name) ?? (await restoration.restore(image));
    this.references.set(image.name, known);
    return known;
  }
}
