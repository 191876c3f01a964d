/** Receives what jobs do, for metrics: numbers and names only, nothing from records. */
export interface JobObserver {
  /** `handed back`: this worker is stopping, and a different worker starts the job again. */
  jobFinished(job: { name: string; outcome: "completed" | "failed" | "handed back"; seconds: number }): void;
  /** @param seen export objects that are, or ever were, at the gateway's source. */
  exportsSeen(instance: string, seen: number): void;
  /** @param lagSeconds from the export's own time to the end of its ingestion. */
  exportIngested(ingested: { instance: string; accepted: number; quarantined: number; damaged: boolean; bytes: number; lagSeconds: number }): void;
}
