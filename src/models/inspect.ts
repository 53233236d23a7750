/** @file What a weight file holds: its tensors and the networks they make, without reading any of them. */
import { UserError } from '../errors/user_error.js';
import type { AutoencoderConfig } from '../nn/autoencoder_config.js';
import { autoencoderSpecs } from '../nn/autoencoder_specs.js';
import type { UNetConfig } from '../nn/unet_config.js';
import { unetSpecs } from '../nn/unet_specs.js';
import { elementCount, tensorBytes } from '../weights/raw_tensor.js';
import {
  byOfficialName,
  isBuffer,
  officialName,
  withWeightFile,
  type FileTensor,
  type WeightFile,
} from '../weights/weight_file.js';
import { matchParams } from './match.js';
import { modelFileKind } from './model_file.js';
import { isRecognisable, recognise } from './recognise.js';

/** A tensor as it is listed. */
export interface ListedTensor {
  /** Keys from the top of the file, joined by dots. */
  readonly key: string;
  readonly shape: readonly number[];
  /** Number format, as safetensors calls it. */
  readonly dtype: string;
  readonly bytes: number;
}

/** A network in the file. */
export interface GuessedModel {
  /** Where its tensors are, e.g. `state_dict.student.`; empty at the top. */
  readonly where: string;
  readonly kind: 'teacher' | 'student' | 'fake' | 'autoencoder' | 'unknown';
  readonly description: string;
  /** Count of numbers, buffers left out. */
  readonly parameters: number;
  /** By shapes alone; a model file has its own in the metadata. */
  readonly config?: UNetConfig | AutoencoderConfig;
  /** Options that shapes do not tell, with the values assumed. */
  readonly assumed?: readonly string[];
  /** Why it cannot be used as it is. */
  readonly problem?: string;
}

/** Content of a weight file. */
export interface Inspection {
  readonly file: string;
  readonly format: WeightFile['format'];
  /** Bytes of the file. */
  readonly size: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: readonly ListedTensor[];
  readonly totals: { readonly tensors: number; readonly numbers: number; readonly bytes: number };
  readonly models: readonly GuessedModel[];
}

/** Which networks have such shapes. */
const ROLES = {
  teacher: 'ResShift teacher, SinSR student or fake network',
  student: 'RSD student',
  fake: 'fake network of RSD',
  autoencoder: 'autoencoder',
} as const;

/** The autoencoder beside a U-Net. */
const FIRST_STAGE = 'first_stage_model.';

/**
 * Lists a weight file of any supported format; of a `.pth` file only the pickle is read, of safetensors only the header.
 * @throws UserError naming the file and what is wrong with it.
 */
export function inspectWeights(file: string): Promise<Inspection> {
  return withWeightFile(file, (opened) => {
    const { format, size, metadata, tensors } = opened;
    const listed = tensors.map((tensor) => ({
      key: tensor.folder + tensor.name,
      shape: tensor.shape,
      dtype: tensor.dtype,
      bytes: tensorBytes(tensor),
    }));
    const totals = {
      tensors: listed.length,
      numbers: numbersOf(tensors),
      bytes: listed.reduce((sum, { bytes }) => sum + bytes, 0),
    };
    return Promise.resolve({
      file,
      format,
      size,
      metadata,
      tensors: listed,
      totals,
      models: guessModels(file, opened),
    });
  });
}

function numbersOf(tensors: Iterable<FileTensor>): number {
  let numbers = 0;
  for (const { shape } of tensors) numbers += elementCount(shape);
  return numbers;
}

function guessModels(file: string, { metadata, tensors }: WeightFile): GuessedModel[] {
  const kind = modelFileKind(metadata);
  if (kind !== undefined) {
    const description = `model file of this package (${metadata['format']}), its configs are in the header`;
    return [{ where: '', kind, description, parameters: numbersOf(tensors) }];
  }
  const folders = new Map<string, FileTensor[]>();
  for (const tensor of tensors) {
    const name = officialName(tensor.name);
    const inside = name.startsWith(FIRST_STAGE) ? FIRST_STAGE : '';
    const where = tensor.folder + inside;
    const folder = folders.get(where);
    const member = { ...tensor, name: name.slice(inside.length) };
    if (folder) folder.push(member);
    else folders.set(where, [member]);
  }
  return [...folders].flatMap(([where, members]) => guessModel(file, where, members));
}

function guessModel(file: string, where: string, members: readonly FileTensor[]): GuessedModel[] {
  if (!isRecognisable(new Set(members.map(({ name }) => name)))) return [];
  const unknown = { where, parameters: numbersOf(members.filter(({ name }) => !isBuffer(name))) };
  try {
    const stored = byOfficialName(file, members);
    const found = recognise(stored, file);
    const params = new Map([...stored].filter(([name]) => !isBuffer(name)));
    const [config, specs] =
      found.kind === 'autoencoder'
        ? [found.autoencoder, autoencoderSpecs(found.autoencoder)]
        : [found.unet, unetSpecs(found.unet)];
    const kind = where.endsWith('.fake.') && found.kind === 'teacher' ? 'fake' : found.kind;
    const description = `${ROLES[kind]}: ${found.description}`;
    const guess = { ...unknown, kind, description, config, assumed: found.assumed } as const;
    const problem = problemOf(() => matchParams(params, specs, file));
    return [problem === undefined ? guess : { ...guess, problem }];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [{ ...unknown, kind: 'unknown', description: 'a network that is not understood', problem: error.message }];
  }
}

function problemOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}
