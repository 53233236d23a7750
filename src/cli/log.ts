/** @file Logging of the command line programs: readable lines on a terminal, one JSON object a line elsewhere. */
import { pino, type Logger } from 'pino';
import pretty from 'pino-pretty';

export type { Logger } from 'pino';

export const LOG_FORMATS = ['auto', 'human', 'json'] as const;
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;

export interface LogOptions {
  /** `auto`: human on a terminal, JSON otherwise. */
  format?: (typeof LOG_FORMATS)[number];
  level?: (typeof LOG_LEVELS)[number];
}

/** The options every program offers; pass the parsed values to {@link createLogger}. */
export const logArguments = {
  'log-format': { choices: LOG_FORMATS, default: 'auto', describe: 'human lines, or one JSON object a line' },
  'log-level': { choices: LOG_LEVELS, default: 'info', describe: 'least severe messages to show' },
} as const;

/** A logger to standard output. Writes are synchronous, so that nothing is lost when the process is killed. */
export function createLogger({ format = 'auto', level = 'info' }: LogOptions = {}): Logger {
  const human = format === 'human' || (format === 'auto' && process.stdout.isTTY);
  const base = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (!human) return pino(base, pino.destination({ dest: 1, sync: true }));
  const lines = pretty({
    colorize: process.stdout.isTTY && !process.env['NO_COLOR'],
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
    sync: true,
  });
  return pino(base, lines);
}
