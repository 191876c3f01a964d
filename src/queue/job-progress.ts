import type { Job } from "bullmq";
import type { Progress } from "../open/ledger.ts";

/** Records progress in the job and in its log. A failure to record is ignored, so that the work goes on. */
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
