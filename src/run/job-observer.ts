/** Told what jobs did, as they do it; whoever measures counts it. Numbers and names only, nothing out of records. */
export interface JobObserver {
  /** `handed back`: the worker is stopping, another one begins it anew. */
  jobFinished(job: { name: string; outcome: "completed" | "failed" | "handed back"; seconds: number }): void;
  /** A pull knows of this many export objects that there are or have been at the gateway's source. */
  exportsSeen(instance: string, seen: number): void;
  /** @param lagSeconds from the export's own time to the end of its ingestion. */
  exportIngested(ingested: { instance: string; accepted: number; quarantined: number; damaged: boolean; bytes: number; lagSeconds: number }): void;
}
