/** @file Evaluation: the pictures of its page: whole images to compare, and crops where the models differ most. */
import { decodePhoto } from '../data/decode.js';
import { cropUri, previewUri } from '../reports/pages/preview.js';
import type { SliderOptions, Version } from '../reports/pages/slider.js';
import { differingBox } from './differing_box.js';
import { formatValue } from './format_value.js';
import type { ImageSet } from './image_sets.js';
import type { EvaluationReport } from './report.js';

/** Longest side of a whole image on the page, in pixels. */
const PREVIEW_SIDE = 640;
/** Side of a crop, in pixels of the original. */
const CROP_SIDE = 64;
/** Metrics beside a picture. */
const CAPTION_METRICS = 3;

/** The files that pictures are made from. */
export interface GalleryFiles {
  readonly restored: ReadonlyMap<string, ImageSet>;
  readonly originals?: ImageSet;
  readonly inputs?: ImageSet;
  /** Sides of originals / sides of inputs. */
  readonly scale: number;
}

/** How much may go onto the page. */
export interface GalleryLimits {
  /** Most images. */
  readonly images: number;
  /** Most bytes of all pictures. */
  readonly bytes: number;
}

/** Versions of one part of an image. */
export interface CropRow {
  readonly image: string;
  readonly left: number;
  readonly top: number;
  readonly versions: readonly Version[];
}

export interface Gallery {
  readonly sliders: readonly SliderOptions[];
  readonly crops: readonly CropRow[];
}

const spreadOf = (values: readonly number[]): number => {
  const spread = Math.max(...values) - Math.min(...values);
  return Number.isFinite(spread) ? spread : 0;
};

/**
 * Images by how much the models differ on them, most first: the mean over metrics of the range over models, each in units of
 * the metric's largest one. Of a single model, the order of names.
 */
export function mostDifferent({ images, models, metrics, scores }: EvaluationReport): string[] {
  const spreads = metrics.map(({ name }) => {
    const ofMetric = images.map((_, image) => spreadOf(models.map((model) => scores[name]![model]![image]!)));
    const largest = Math.max(...ofMetric);
    return ofMetric.map((spread) => (largest > 0 ? spread / largest : 0));
  });
  return images
    .map((image, index) => ({ image, spread: spreads.reduce((sum, ofMetric) => sum + ofMetric[index]!, 0) }))
    .sort((a, b) => b.spread - a.spread)
    .map(({ image }) => image);
}

/** Files of one image by the name of its version, and how much smaller than the original they are. */
function versionsOf(image: string, { restored, originals, inputs, scale }: GalleryFiles) {
  return [
    ...(inputs ? [{ name: 'LR', file: inputs.get(image)!, scale }] : []),
    ...[...restored].map(([name, set]) => ({ name, file: set.get(image)!, scale: 1 })),
    ...(originals ? [{ name: 'HR', file: originals.get(image)!, scale: 1 }] : []),
  ];
}

/** Pictures of the images on which models differ most, until one of the limits is reached. */
export async function createGallery(
  report: EvaluationReport,
  files: GalleryFiles,
  limits: GalleryLimits,
): Promise<Gallery> {
  const sliders: SliderOptions[] = [];
  const crops: CropRow[] = [];
  let left = limits.bytes;
  for (const image of mostDifferent(report).slice(0, limits.images)) {
    const slider = await sliderOf(image, report, files);
    const row = await cropsOf(image, files);
    left -= [...slider.versions, ...(row?.versions ?? [])].reduce((sum, { uri }) => sum + uri.length, 0);
    if (left < 0) break;
    sliders.push(slider);
    if (row) crops.push(row);
  }
  return { sliders, crops };
}

async function sliderOf(image: string, report: EvaluationReport, files: GalleryFiles): Promise<SliderOptions> {
  const entries = versionsOf(image, files);
  const [{ height, width }] = [await decodePhoto(entries.find(({ scale }) => scale === 1)!.file)];
  const reduce = Math.min(1, PREVIEW_SIDE / Math.max(height, width));
  const size = { width: Math.round(width * reduce), height: Math.round(height * reduce) };
  const versions: Version[] = [];
  for (const { name, file } of entries) {
    versions.push({
      name,
      uri: await previewUri(file, size.width, size.height),
      caption: captionOf(image, name, report),
    });
  }
  const own = entries.findIndex(({ name }) => report.models.includes(name));
  const last = entries.length - 1;
  return { name: image, ...size, versions, left: own === last ? 0 : own, right: last };
}

function captionOf(image: string, model: string, { images, metrics, scores }: EvaluationReport): string | undefined {
  const index = images.indexOf(image);
  const numbers = metrics.slice(0, CAPTION_METRICS).flatMap(({ name, title }) => {
    const value = scores[name]![model]?.[index];
    return value === undefined ? [] : [`${title} ${formatValue(value)}`];
  });
  return numbers.length > 0 ? numbers.join(', ') : undefined;
}

/** The crop where models differ most, or a single one from its original; none if there is nothing to compare. */
async function cropsOf(image: string, files: GalleryFiles): Promise<CropRow | undefined> {
  const entries = versionsOf(image, files);
  const models = entries.filter(({ name }) => files.restored.has(name));
  const compared = models.length > 1 ? models : entries.filter(({ scale }) => scale === 1);
  if (compared.length < 2) return undefined;
  const pixels = await Promise.all(compared.map(({ file }) => decodePhoto(file)));
  const { height, width } = pixels[0]!;
  if (Math.min(height, width) < files.scale) return undefined;
  const box = differingBox(pixels, CROP_SIDE, files.scale);
  const versions: Version[] = [];
  for (const { name, file, scale } of entries) versions.push({ name, uri: await cropUri(file, box, scale) });
  return { image, left: box.left, top: box.top, versions };
}
