/** @file Writes docs/config.schema.json, the run file's JSON Schema, from the schema in src/config. */
import { writeFile } from 'node:fs/promises';
import { runJsonSchema } from '../src/config/keys.js';

await writeFile(
  new URL('../docs/config.schema.json', import.meta.url),
  `${JSON.stringify(runJsonSchema(), null, 2)}\n`,
);
