/** Does the work for every item, at most so many at a time. Rejects with the first failure, once what was begun has ended. */
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
