/**
 * Does the work for every item, for at most `most` of them at a time. After a failure no other item is begun; this
 * rejects with the first failure, once the work that was under way has ended.
 */
export async function inParallel<T>(
  most: number,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) {
      try {
        await work(item);
      } catch (error) {
        left.length = 0;
        throw error;
      }
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: most }, worker));
  for (const outcome of workers) if (outcome.status === "rejected") throw outcome.reason;
}
