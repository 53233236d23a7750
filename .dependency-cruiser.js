/**
 * @file The layers of `src`: which room may import which, and that no two files import each other, types included.
 *
 * ESLint's own rule for circles does not follow type imports; this one does.
 */

/** The rooms from the lowest to the highest: each may import those before it (docs/architecture.md). */
const ROOMS = [
  'errors',
  'files',
  'random',
  'images',
  'config',
  'weights',
  'engine',
  'nn',
  'diffusion',
  'losses',
  'models',
  'data',
  'optimizer',
  'autoencoder',
  'teacher',
  'fake',
  'student',
  'metrics',
  'methods',
  'training',
  'plan',
  'restore',
  'export',
  'reports',
  'evaluation',
  'setup',
  'cli',
];

const upwards = ROOMS.slice(0, -1).map((room, place) => ({
  name: `${room}-imports-downwards`,
  comment: `\`${room}\` is below the rooms after it in .dependency-cruiser.js and must not know them`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: { path: `^src/(${ROOMS.slice(place + 1).join('|')}|index\\.ts)` },
}));

export default {
  forbidden: [
    {
      name: 'no-circles',
      comment: 'two files that import each other are one file, or lack a third',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'known-rooms',
      comment: 'a folder of src has a place in the order of .dependency-cruiser.js',
      severity: 'error',
      from: {},
      to: { path: '^src/[^/]+/', pathNot: `^src/(${ROOMS.join('|')})/` },
    },
    ...upwards,
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    includeOnly: '^src/',
  },
};
