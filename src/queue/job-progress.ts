import type { Job } from "bullmq";
import type { Progress } from "../open/ledger.ts";

/** Progress as the job's record and log show it. What cannot be recorded is left out: the work itself goes on. */
export function recordProgress(job: Job): Progress {
  let what = "";
  let steps = 0;
  let done = 0;
  const record = (): void => {
    attempt(() => job.updateProgress({ what, done, of: steps }));
  };
  return {
    begin(next, count) {
      [what, steps, done] = [next, count, 0];
      attempt(() => job.log(`${what}: ${String(count)}`));
      record();
    },
    step() {
      done++;
      record();
    },
  };
}

function attempt(write: () => Promise<unknown>): void {
  try {
    write().catch(leaveOut);
  } catch {
    leaveOut();
  }
}

function leaveOut(): undefined {
  return undefined;
}
