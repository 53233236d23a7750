/** @file The colours of ImageNet's photographs, by which backbones trained on it want their input standardised. */

/** Mean of R, G, B in [0,1]. */
export const IMAGENET_MEAN = [0.485, 0.456, 0.406];
/** Standard deviation of R, G, B in [0,1]. */
export const IMAGENET_DEVIATION = [0.229, 0.224, 0.225];
