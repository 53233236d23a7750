/** @file The datasets of ResShift, SinSR and RSD: how they come and where they go (docs/data.md, "Datasets"). */
import { isPhoto } from '../photo_source.js';
import type { Layout, Placement } from './layout.js';

const foldersOf = (file: string): string[] => file.split('/').slice(0, -1);
const nameOf = (file: string): string => file.split('/').at(-1)!;
const parentOf = (file: string): string => foldersOf(file).at(-1) ?? '';

/** Files below a folder of this name; all of them if no folder has it: then the dataset itself was searched. */
function below(files: readonly string[], folder: RegExp): readonly string[] {
  const inside = files.filter((file) => foldersOf(file).some((name) => folder.test(name)));
  return inside.length > 0 ? inside : files;
}

function placeImageNet(files: readonly string[]): Placement[] {
  return files.flatMap((from) => {
    const name = /(?:^|\/)((n\d{8})\/\2_\d+\.jpe?g)$/i.exec(from)?.[1];
    return name === undefined || foldersOf(from).includes('val') ? [] : [{ from, part: '', name }];
  });
}

/** The release's folders have a set for each scale, with HR files of the same names in all of them, and training photos. */
function placeRealSr(files: readonly string[]): Placement[] {
  return files.flatMap((from): Placement[] => {
    const found = /^(canon|nikon)_(\d+)(?:_(hr|lr4))?\.png$/i.exec(nameOf(from));
    if (!found || foldersOf(from).some((name) => /^train$/i.test(name)) || /^[23]$/.test(parentOf(from))) return [];
    const [, camera, number, kind] = found as unknown as [string, string, string, string | undefined];
    const side = (kind ?? parentOf(from)).toLowerCase();
    const part = side.startsWith('hr') ? 'HR_x4' : side.startsWith('lr') ? 'LR_x4' : undefined;
    if (part === undefined) return [];
    return [{ from, part, name: `${camera[0]!.toUpperCase()}${camera.slice(1).toLowerCase()}_${number}.png` }];
  });
}

function placeRealSet65(files: readonly string[]): Placement[] {
  return below(files, /^realset65$/i)
    .filter(isPhoto)
    .map((from) => ({ from, part: '', name: nameOf(from) }));
}

/** Pairs of cropped images in two folders, whose names may say which side they are. */
function placeCrops(files: readonly string[], set: RegExp): Placement[] {
  return below(files, set)
    .filter(isPhoto)
    .flatMap((from): Placement[] => {
      const folder = parentOf(from);
      const part = /^((test_)?hr|gt)$/i.test(folder) ? 'test_HR' : /^((test_)?lr|lq)$/i.test(folder) ? 'test_LR' : '';
      const name = nameOf(from).replace(/_(hr|lr4?|x[1-4])(?=\.[^.]*$)/i, '');
      return part === '' ? [] : [{ from, part, name }];
    });
}

function placeImageNetTest(files: readonly string[]): Placement[] {
  return files.flatMap((from) => {
    const part = parentOf(from).toLowerCase();
    const wanted = /^ILSVRC2012_val_\d+\.png$/i.test(nameOf(from)) && (part === 'gt' || part === 'lq');
    return wanted ? [{ from, part, name: nameOf(from) }] : [];
  });
}

function crops(title: string, folder: string, expected: number, set: RegExp, download: string): Layout {
  return {
    title,
    target: `test/${folder}`,
    parts: ['test_HR', 'test_LR'].map((part) => ({ folder: part, expected })),
    download,
    use: 'evaluation: HR 512x512, LR 128x128',
    place: (files) => placeCrops(files, set),
  };
}

/** All datasets by the name that `rsd-data prepare` takes. */
export const LAYOUTS = {
  imagenet: {
    title: 'ImageNet (ILSVRC 2012), training photos',
    target: 'training/imagenet/train',
    parts: [{ folder: '', expected: 1_281_167 }],
    download:
      'folders n01440764 ... n15075141 with their photos n01440764_10026.JPEG ...: unpack ILSVRC2012_img_train.tar, and each of the 1,000 archives in it into a folder of its name',
    use: 'data.train: data/training/imagenet/train (the default)',
    place: placeImageNet,
  },
  'imagenet-test': {
    title: 'ImageNet-Test of ResShift, 3,000 pairs',
    target: 'validation/imagenet256',
    parts: [
      { folder: 'gt', expected: 3000 },
      { folder: 'lq', expected: 3000 },
    ],
    download: 'imagenet256/gt and imagenet256/lq with ILSVRC2012_val_*.png',
    use: 'data.validation: { hr: data/validation/imagenet256/gt, lq: data/validation/imagenet256/lq }',
    place: placeImageNetTest,
  },
  realsr: {
    title: 'RealSR V3, the 100 test pairs of scale 4',
    target: 'test/RealSR_V3',
    parts: [
      { folder: 'HR_x4', expected: 100 },
      { folder: 'LR_x4', expected: 100 },
    ],
    download:
      'RealSR(V3)/Canon/Test/4 and RealSR(V3)/Nikon/Test/4 with Canon_001_HR.png and Canon_001_LR4.png ...; the LR files may also lie together, as in the release of SinSR',
    use: 'evaluation',
    place: placeRealSr,
  },
  realset65: {
    title: 'RealSet65, 65 real LR images',
    target: 'test/RealSet65',
    parts: [{ folder: '', expected: 65 }],
    download: 'a folder RealSet65 or realset65',
    use: 'evaluation without references',
    place: placeRealSet65,
  },
  drealsr: crops(
    'DRealSR, 93 pairs of crops',
    'DRealSR',
    93,
    /drealsr/i,
    'DrealSRVal_crop128/test_HR and test_LR (or gt and lq)',
  ),
  div2k: crops(
    'DIV2K validation, 3,000 pairs of crops',
    'DIV2K',
    3000,
    /div2k/i,
    'DIV2K_V2_val/gt and lq (or test_HR and test_LR)',
  ),
  'realsr-crops': crops(
    'RealSR, 100 pairs of crops',
    'RealSR_crops',
    100,
    /^(?!d).*realsr/i,
    'RealSRVal_crop128/test_HR and test_LR (or gt and lq)',
  ),
} as const satisfies Record<string, Layout>;

/** Name of a dataset. */
export type LayoutName = keyof typeof LAYOUTS;

export const LAYOUT_NAMES = Object.keys(LAYOUTS) as LayoutName[];
