import { z } from "zod";

/** The last pull of exports that a worker completed. */
export interface LastPull {
  at: Date;
  /** Export objects at the sources; null where the job does not say. */
  seen: number | null;
}

/** The part of a queue that knows completed jobs. */
export interface CompletedJobs {
  getCompleted(start?: number, end?: number): Promise<readonly { name: string; finishedOn?: number | undefined; returnvalue: unknown }[]>;
}

/** Pulls are every quarter of an hour, with few other jobs between them. */
const LOOKED_AT = 100;

const pulled = z.object({ seen: z.number() });

/** Null where Redis no longer has one: it is not part of the ledger and may be lost. */
export async function findLastPull(jobs: CompletedJobs): Promise<LastPull | null> {
  const completed = await jobs.getCompleted(0, LOOKED_AT - 1);
  const times = completed.flatMap(({ name, finishedOn, returnvalue }) => (name === "pull-exports" && finishedOn !== undefined ? [{ finishedOn, returnvalue }] : []));
  const [last] = times.sort((a, b) => b.finishedOn - a.finishedOn);
  if (last === undefined) return null;
  const said = pulled.safeParse(last.returnvalue);
  return { at: new Date(last.finishedOn), seen: said.success ? said.data.seen : null };
}
