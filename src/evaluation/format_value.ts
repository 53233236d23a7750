/** @file Evaluation: numbers as pages show them. */

/** Two decimals from 10 on, else four. */
export function formatValue(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'none' : value > 0 ? '∞' : '-∞';
  return value.toFixed(Math.abs(value) >= 10 ? 2 : 4);
}
