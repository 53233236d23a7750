/** @file The run file's one source of truth: sections, defaults (the paper's RSD at official size) and types. */
import { z } from 'zod';
import { autoencoderSection } from './sections/autoencoder.js';
import { autoencoderTrainingSection } from './sections/autoencoder_training.js';
import { dataSection } from './sections/data.js';
import { diffusionSection } from './sections/diffusion.js';
import { engineSection } from './sections/engine.js';
import { resshiftSection } from './sections/resshift.js';
import { rsdSection } from './sections/rsd.js';
import { sidSection } from './sections/sid.js';
import { sinsrSection } from './sections/sinsr.js';
import { teacherSection } from './sections/teacher.js';
import { trainSection } from './sections/train.js';

/** Schema of a run file. Unknown keys are errors; every key has a default. */
export const runSchema = z.strictObject({
  method: z
    .enum(['rsd', 'sinsr', 'vsd', 'sid', 'resshift', 'autoencoder'])
    .default('rsd')
    .describe(
      'What is trained: a one-step student, distilled by RSD, SinSR, VSD or SiD; a ResShift teacher; an autoencoder.',
    ),
  seed: z.int().min(0).max(0xffffffff).default(123456).describe('Every random draw of the run is a function of it.'),
  train: trainSection.prefault({}).describe('Length, batches, optimizer, checkpoints.'),
  rsd: rsdSection.prefault({}).describe('Distillation against a fake network (methods rsd, vsd, sid).'),
  sid: sidSection.prefault({}).describe('What SiD has beyond the section rsd (method sid).'),
  resshift: resshiftSection.prefault({}).describe('Teacher training (method resshift).'),
  sinsr: sinsrSection.prefault({}).describe('SinSR distillation (method sinsr).'),
  autoencoderTraining: autoencoderTrainingSection.prefault({}).describe('Autoencoder training (method autoencoder).'),
  data: dataSection.prefault({}).describe('Photos, crops, degradation.'),
  teacher: teacherSection.prefault({}).describe('The network that is distilled.'),
  diffusion: diffusionSection.prefault({}).describe('The residual-shifting process.'),
  autoencoder: autoencoderSection.prefault({}).describe('The latent space.'),
  engine: engineSection.prefault({}).describe('How TensorFlow runs.'),
});

/** A run file after validation, before the values that follow from others are filled in (`resolve.ts`). */
export type ParsedRun = z.infer<typeof runSchema>;

type Parsed<S extends keyof ParsedRun> = ParsedRun[S];
/** `T` with the keys `K` present and not undefined. */
type With<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: Exclude<T[P], undefined> };

/** Learning rate over the iterations. */
export type SchedulerConfig = With<Parsed<'train'>['scheduler'], 'maxLr'>;
/** Section `train`. */
export type TrainConfig = Omit<Parsed<'train'>, 'scheduler'> & { scheduler: SchedulerConfig };
/** A perceptual term of distillation; `weights` is the file to read. */
export type RsdPerceptualConfig = With<Parsed<'rsd'>['perceptual'], 'weights'>;
/** Section `rsd`; `timesteps` is the resolved list, highest first. */
export type RsdConfig = Omit<
  Parsed<'rsd'>,
  'timesteps' | 'timestepCount' | 'fakeLr' | 'noiseChannels' | 'perceptual'
> & {
  timesteps: number[];
  fakeLr: number;
  noiseChannels: number;
  perceptual: RsdPerceptualConfig;
};
/** Section `resshift`. */
export type ResShiftConfig = Parsed<'resshift'>;
/** Section `sid`. */
export type SidConfig = Parsed<'sid'>;
/** Section `sinsr`. */
export type SinSrConfig = Parsed<'sinsr'>;
/** Section `autoencoderTraining`. */
export type AutoencoderTrainingConfig = Omit<Parsed<'autoencoderTraining'>, 'perceptual'> & {
  perceptual: With<Parsed<'autoencoderTraining'>['perceptual'], 'weights'>;
};
/** Section `data`. */
export type DataConfig = Parsed<'data'>;
/** Key `data.degradation`: one of several kinds. */
export type DegradationConfig = DataConfig['degradation'];
/** Section `teacher`. */
export type TeacherConfig = Parsed<'teacher'>;
/** Section `diffusion`. */
export type DiffusionSection = Parsed<'diffusion'>;
/** Section `autoencoder`. */
export type AutoencoderSection = Parsed<'autoencoder'>;
/** Section `engine`. */
export type EngineConfig = Parsed<'engine'>;

/** A run, every value known. */
export interface RunConfig {
  method: ParsedRun['method'];
  seed: number;
  train: TrainConfig;
  rsd: RsdConfig;
  resshift: ResShiftConfig;
  sid: SidConfig;
  sinsr: SinSrConfig;
  autoencoderTraining: AutoencoderTrainingConfig;
  data: DataConfig;
  teacher: TeacherConfig;
  diffusion: DiffusionSection;
  autoencoder: AutoencoderSection;
  engine: EngineConfig;
}
