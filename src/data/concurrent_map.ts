/** @file A map whose steps wait for something: a few at a time, results in order. */

/**
 * Applies `step` to every item, at most `limit` at a time.
 * @returns results in the order of the items
 * @throws what the first failing step throws; steps under way go on, no more are begun
 */
export async function concurrentMap<T, R>(
  items: readonly T[],
  limit: number,
  step: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const lane = async (): Promise<void> => {
    try {
      while (next < items.length) {
        const index = next++;
        results[index] = await step(items[index]!, index);
      }
    } catch (error) {
      next = items.length;
      throw error;
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  return results;
}
