/** @file Names from files of unknown origin, made fit to be printed on a terminal. */

const MOST_CHARACTERS = 160;

/** The text on one line: control and formatting characters as \u{...} escapes, cut when very long. */
export function printable(text: string): string {
  const cut = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
  return cut.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`);
}
