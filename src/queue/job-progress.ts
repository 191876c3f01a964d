import type { Job } from "bullmq";
import type { Progress } from "../../jobs/ledger-context.ts";

/** Progress as the job's record and log show it. What cannot be recorded is left out: the work itself goes on. */
export function recordProgress(job: Job): Progress {
  let what = "";
  let steps = 0;
  let done = 0;
  const record = (): void => {
    job.updateProgress({ what, done, of: steps }).catch(leaveOut);
  };
  return {
    begin(next, count) {
      [what, steps, done] = [next, count, 0];
      job.log(`${what}: ${String(count)}`).catch(leaveOut);
      record();
    },
    step() {
      done++;
      record();
    },
  };
}

function leaveOut(): undefined {
  return undefined;
}
