import { createHash } from "node:crypto";
import { z } from "zod";
import type { ExportTask } from "../ingest/pull-exports.ts";

const common = {
  instance: z.string(),
  name: z.string(),
  first: z.string(),
  time: z.coerce.date(),
  erasures: z.array(z.object({ id: z.string(), pseudonym: z.string(), until: z.string() })).exactOptional(),
};
const sourceObject = z.object({ url: z.string(), key: z.string(), etag: z.string() });

const exportTask: z.ZodType<ExportTask> = z.discriminatedUnion("from", [
  z.object({
    ...common,
    from: z.literal("source"),
    url: z.string(),
    object: z.object({ key: z.string(), size: z.number(), etag: z.string(), lastModified: z.coerce.date() }),
  }),
  z.object({
    ...common,
    from: z.literal("archive"),
    key: z.string(),
    stem: z.string(),
    sources: z.array(sourceObject),
    atSource: sourceObject.exactOptional(),
    reason: z.enum(["settings_changed", "erased", "landing_missing", "quarantine_missing", "manifest_missing"]),
  }),
]);

/** The data of an `ingest-export` job: where the export is, and by which settings to read it. It holds nothing from the export. */
export const exportJob = z.object({
  task: exportTask,
  /** `ingestSettings` of the worker that pulled. A worker with other settings leaves the job to another worker. */
  settings: z.string(),
});
export type ExportJob = z.infer<typeof exportJob>;

/** Identifies the object: pulling it again gives the same id, and other content under its key gives another id. */
export function exportJobId({ task, settings }: ExportJob): string {
  const object = task.from === "source" ? [task.url, task.object.key, task.object.etag] : ["archive", task.key];
  const identity = createHash("sha256").update(JSON.stringify([task.instance, ...object, settings, ...(task.erasures ?? []).map(({ id }) => id)])).digest("hex");
  // Not with colons, which BullMQ uses in its own ids.
  return `${task.instance}--${task.first}--${identity.slice(0, 16)}`;
}
