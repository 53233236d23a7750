/** @file A 5x8 bitmap font of our own for labels in images: a bare machine has no fonts that text could be drawn with. */

/** Pixels of a glyph, without the column that separates it from the next. */
export const GLYPH_WIDTH = 5;
export const GLYPH_HEIGHT = 8;
/** Distance from one glyph to the next. */
const ADVANCE = GLYPH_WIDTH + 1;

/**
 * Printable ASCII from the space to `~`. Each glyph is eight digits of base 32, one a row from the top, whose bits are
 * the row's pixels from the left: `A` begins with E (.###.), H (#...#). The last row is for descenders.
 */
const GLYPHS = `
  00000000 44444040 AAA00000 AAVAVAA0 4FKE5U40 PP248JJ0 CIK8LID0 44400000 24888420 84222480 04LEL400 044V4400
  00000C48 000V0000 00000CC0 11248GG0 EHJLPHE0 4C4444E0 EH1248V0 V2421HE0 26AIV220 VGU11HE0 68GUHHE0 V1248880
  EHHEHHE0 EHHF12C0 0CC0CC00 0CC0C480 248G8420 00V0V000 84212480 EH124040 EHNLNGE0 EHHVHHH0 UHHUHHU0 EHGGGHE0
  UHHHHHU0 VGGUGGV0 VGGUGGG0 EHGNHHF0 HHHVHHH0 E44444E0 72222IC0 HIKOKIH0 GGGGGGV0 HRLLHHH0 HPPLJJH0 EHHHHHE0
  UHHUGGG0 EHHHLID0 UHHUKIH0 FGGE11U0 V4444440 HHHHHHE0 HHHHHA40 HHHLLRH0 HHA4AHH0 HHA44440 V1248GV0 E88888E0
  GG842110 E22222E0 4AH00000 0000000V 84200000 00E1FHF0 GGUHHHU0 00FGGGF0 11FHHHF0 00EHVGE0 698S8880 00FHHF1E
  GGUHHHH0 40C444E0 206222IC GGIKOKI0 C44444E0 00QLLLL0 00UHHHH0 00EHHHE0 00UHHUGG 00FHHF11 00MPGGG0 00FGE1U0
  88S88960 00HHHJD0 00HHHA40 00HLLLA0 00HA4AH0 00HHHF1E 00V248V0 24484420 44444440 84424480 008L2000
`
  .trim()
  .split(/\s+/);

const FIRST_CODE = 32;

/** Width of a text in pixels at scale 1. */
export function textWidth(text: string): number {
  return Math.max(0, Array.from(text).length * ADVANCE - 1);
}

/**
 * Calls `set(x, y)` for every lit pixel of a text, from its upper left corner at (0, 0), scale 1. What is not printable
 * ASCII is drawn as `?`.
 */
export function drawText(text: string, set: (x: number, y: number) => void): void {
  Array.from(text).forEach((character, index) => {
    const glyph = GLYPHS[character.codePointAt(0)! - FIRST_CODE] ?? GLYPHS['?'.charCodeAt(0) - FIRST_CODE]!;
    for (let y = 0; y < GLYPH_HEIGHT; y++) {
      const row = parseInt(glyph[y]!, 32);
      for (let x = 0; x < GLYPH_WIDTH; x++) {
        if ((row >> (GLYPH_WIDTH - 1 - x)) & 1) set(index * ADVANCE + x, y);
      }
    }
  });
}
