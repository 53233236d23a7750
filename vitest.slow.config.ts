/** @file The slow tests: whole trainings and the like, minutes each. */
import { defineConfig } from 'vitest/config';
import quick from './vitest.config.js';

export default defineConfig({
  test: { ...quick.test, include: ['test/slow/**/*.test.ts'], exclude: ['node_modules/**'], testTimeout: 30 * 60_000 },
});
