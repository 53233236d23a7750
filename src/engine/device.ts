/**
 * @file Choice of the device and its memory, made before TensorFlow starts: it looks at these settings only once.
 *
 * `selectDevice` must run before `tfjs.ts` is first imported; command lines import the rest dynamically after it.
 */
import { UserError } from '../errors/user_error.js';
import type { SessionOptions } from './session_config.js';

/** How TensorFlow may use GPU memory and what must repeat to the bit. */
export interface DeviceOptions {
  /** Take GPU memory as needed instead of all at once. Default true. */
  readonly growth?: boolean;
  /** Most GPU memory to use, MiB; null or left out: no limit. */
  readonly capMb?: number | null;
  /** Only deterministic GPU kernels (the CPU's are deterministic anyway). */
  readonly deterministic?: boolean;
}

/** Where programs run. */
export type Device = { readonly kind: 'cpu' } | { readonly kind: 'cuda'; readonly index: number };

let selected: { device: Device; gpu: NonNullable<SessionOptions['gpu']> } | undefined;

/** `cpu`, `cuda` (the first GPU) or `cuda:N`. Throws `UserError` on anything else. */
export function parseDevice(text: string): Device {
  if (text === 'cpu') return { kind: 'cpu' };
  const cuda = /^cuda(?::(\d+))?$/.exec(text);
  if (cuda) return { kind: 'cuda', index: Number(cuda[1] ?? 0) };
  throw new UserError('unknown device', { key: '--device', expected: 'cpu, cuda or cuda:N', found: text });
}

/** Sets the environment that TensorFlow reads when it starts. */
export function selectDevice(device: Device, options: DeviceOptions = {}): void {
  const { env } = process;
  if (device.kind === 'cpu') {
    env['CUDA_VISIBLE_DEVICES'] = '-1';
  } else {
    // An index counts the GPUs that an outer CUDA_VISIBLE_DEVICES leaves visible, as everywhere in the CUDA world.
    const visible = env['CUDA_VISIBLE_DEVICES']?.split(',').filter(Boolean);
    const chosen = visible ? visible[device.index] : String(device.index);
    if (chosen === undefined || chosen === '-1') {
      throw new UserError('this GPU is hidden by CUDA_VISIBLE_DEVICES', {
        key: '--device',
        expected: `at least ${device.index + 1} visible devices`,
        found: env['CUDA_VISIBLE_DEVICES'],
      });
    }
    env['CUDA_VISIBLE_DEVICES'] = chosen;
  }
  const growth = options.growth ?? true;
  env['TF_FORCE_GPU_ALLOW_GROWTH'] = String(growth);
  if (options.deterministic) {
    env['TF_DETERMINISTIC_OPS'] = '1';
    env['TF_CUDNN_DETERMINISTIC'] = '1';
  }
  selected = { device, gpu: { growth, capMb: options.capMb ?? undefined } };
}

/** Session options that go with the selected device. */
export function selectedGpuOptions(): SessionOptions['gpu'] {
  return selected?.device.kind === 'cuda' ? selected.gpu : undefined;
}

/**
 * Throws `UserError` when CUDA was asked for and TensorFlow found no usable GPU: a run must not fall back to the CPU silently.
 * @param types Device types of a session (`CPU`, `GPU`).
 */
export function requireSelectedDevice(types: readonly string[]): void {
  if (selected?.device.kind === 'cuda' && !types.includes('GPU')) {
    throw new UserError('no usable CUDA device was found', {
      key: '--device',
      expected: `cuda:${selected.device.index}`,
      found: `only ${types.join(', ')}`,
      remedy: 'Run "npx rsd-doctor" to see why, "npx rsd-setup --cuda" to install the CUDA build, or use --device cpu',
    });
  }
}
