/** @file Settings of the Real-ESRGAN degradation for tests. */
import { runSchema } from '../../src/config/schema.js';
import type { RealEsrganConfig } from '../../src/config/sections/degradation.js';

/** The defaults but for `values`. */
export function realEsrganConfig(values: object = {}): RealEsrganConfig {
  const { data } = runSchema.parse({ data: { degradation: { kind: 'realesrgan', ...values } } });
  return data.degradation as RealEsrganConfig;
}
