/** @file Names and scalars that the engines' AdamW updates agree on. */

/** Groups that hold the first and second moments of `group`. */
export const momentGroups = (group: string): { m: string; v: string } => ({ m: `${group}.m`, v: `${group}.v` });
