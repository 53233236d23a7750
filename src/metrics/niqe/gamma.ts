/** @file The gamma function of positive numbers. */

/** Lanczos' approximation with g = 7 and nine coefficients (Godfrey, 2001): relative error below 1e-14. */
const G = 7;
const COEFFICIENTS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** The gamma function at x in (0, 100]. */
export function gamma(x: number): number {
  const z = x - 1;
  const series = COEFFICIENTS.reduce((sum, coefficient, i) => (i === 0 ? coefficient : sum + coefficient / (z + i)), 0);
  const t = z + G + 0.5;
  return Math.sqrt(2 * Math.PI) * t ** (z + 0.5) * Math.exp(-t) * series;
}
