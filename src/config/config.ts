import { z } from "zod";
import { allocationSection, dimensionsUsed } from "./sections/allocation-section.ts";
import { anomaliesSection } from "./sections/anomalies-section.ts";
import { archiveSection } from "./sections/archive-section.ts";
import { directorySection } from "./sections/directory-section.ts";
import { focusSection } from "./sections/focus-section.ts";
import { httpSection } from "./sections/http-section.ts";
import { dimensionsOfScopes, limitsSection } from "./sections/limits-section.ts";
import { alertsSection, findUnknownTarget, notifySection } from "./sections/notify-section.ts";
import { location } from "./sections/location-section.ts";
import { pricesSection } from "./sections/prices-section.ts";
import { providersSection } from "./sections/providers-section.ts";
import { reconciliationSection } from "./sections/reconciliation-section.ts";
import { redisSection } from "./sections/redis-section.ts";
import { scheduleSection } from "./sections/schedule-section.ts";
import { timezone } from "./sections/timezone-section.ts";
import { textMap } from "../ledger/names/written-map.ts";

const NAME = /^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$/;
const HEADER = /^[A-Za-z][A-Za-z0-9-]*$/;
const CREDENTIAL = /^(?:authorization|x-api-key|api-key|x-goog-api-key|proxy-authorization|x-amz-security-token|cookie|set-cookie)$/i;
const DIMENSION = /^[a-z][a-z0-9_]*$/;

const source = z.strictObject({
  name: z
    .string()
    .max(63)
    .regex(NAME, "a name of letters and digits, parts joined by single - _ or .")
    .meta({ description: "Name of the gateway. It becomes the column `instance` and part of every object's key, so never change it.", examples: ["prod"] }),
  url: z.string().min(1).meta({ description: "Where the gateway's exporter writes: `s3://bucket/prefix`, `file:///dir` or a path.", examples: ["s3://aperture-exports/prod"] }),
  endpoint: z.url().optional().meta({ description: "Address of an S3-compatible server, instead of AWS.", examples: ["https://s3.example.com"] }),
  region: z.string().optional().meta({ description: "Region of the bucket.", examples: ["us-east-1"] }),
  path_style: z.boolean().optional().describe("`true` puts the bucket into the path of requests, `false` in front of the host's name. Without it the ledger chooses what the server is known to expect."),
  config: z.string().optional().meta({ description: "This gateway's own configuration. It overrides `aperture.config`.", examples: ["http://ai-west/api/config"] }),
  quotas: z.string().optional().meta({ description: "This gateway's own balances. It overrides `aperture.quotas`.", examples: ["http://ai-west/api/quotas"] }),
});

const worker = z
  .strictObject({
    exports_at_once: z.int().min(1).max(64).default(3).describe("How many exports one worker ingests at the same time."),
    attempts: z.int().min(1).max(100).default(8).describe("How often a job is tried when its failure may be temporary."),
    backoff_seconds: z.number().min(0.01).max(3600).default(5).describe("Pause after the first try, in seconds. It doubles with each further try."),
    lock_seconds: z.number().min(1).max(3600).default(30).describe("Lock duration in seconds: after this long without a heartbeat the job goes to another worker."),
    telemetry: z.boolean().default(false).describe("Creates an OpenTelemetry span for each job. The process needs a registered tracer."),
  })
  .prefault({})
  .describe("How a worker takes jobs from the queue.");

const sections = z.strictObject({
  sources: z
    .array(source)
    .default([])
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "two sources have the same name")
    .describe("The gateways whose exports are pulled."),
  lake: location.optional().meta({ description: "Root of everything the ledger writes: `s3://bucket/prefix`, `file:///dir` or a path. Every command that opens the ledger needs it, here or as `--lake`.", examples: ["s3://ai-ledger"] }),
  archive: archiveSection,
  aperture: z
    .strictObject({
      config: z.string().optional().meta({ description: "The gateway's configuration, which says which providers are subscriptions and which are self-hosted: `http://…/api/config`, `file://…` or a path. It is read at every run.", examples: ["http://ai/api/config"] }),
      quotas: z.string().optional().meta({ description: "What is left in the gateway's token buckets: `http://…/api/quotas`. It is read at every run.", examples: ["http://ai/api/quotas"] }),
    })
    .prefault({})
    .describe("What the ledger asks the gateway itself."),
  dimensions: textMap({
    key: z.string().regex(DIMENSION, "names are of lower-case letters, digits and _"),
    value: z.string().regex(HEADER, "the name of a request header").refine((header) => !CREDENTIAL.test(header), "this header holds a credential, which is never kept"),
  })
    .default(new Map())
    .meta({ description: "Dimensions of a request: a name, and the request header whose value is kept under it.", examples: [{ repo: "X-Github-Repository" }] }),
  timezone: timezone.default("UTC").meta({ description: "IANA time zone of days and months in reports, and of budgets without a time zone of their own.", examples: ["Europe/Berlin"] }),
  redis: redisSection,
  schedule: scheduleSection,
  worker,
  http: httpSection,
  directory: directorySection,
  allocation: allocationSection,
  focus: focusSection,
  prices: pricesSection,
  providers: providersSection,
  limits: limitsSection,
  notify: notifySection,
  alerts: alertsSection,
  anomalies: anomaliesSection,
  reconciliation: reconciliationSection,
});

/** Conditions that have no meaning in their position. */
const MISPLACED = new Map([
  ["team", "a rule decides which team it is: say teams for those that the caller is in"],
  ["teams", "what is spread or adjusted has one team: say team"],
]);

/** `aperture-ledger.yaml`, checked: unknown keys are mistakes. */
export const configSchema = sections.superRefine(({ allocation, anomalies, dimensions, limits, notify }, context) => {
  const used = [
    ...dimensionsUsed(allocation).map(({ name, path }) => ({ name, path: ["allocation", ...path] })),
    ...dimensionsOfScopes(limits).map(({ name, path }) => ({ name, path: ["limits", ...path] })),
  ];
  for (const { name, path } of used) {
    if (dimensions.has(name)) continue;
    const message = MISPLACED.get(name) ?? `there is no dimension ${name}: set its request header under dimensions`;
    context.addIssue({ code: "custom", path, message });
  }
  const told = [
    ...limits.map(({ notify: targets }, index) => ({ targets, path: ["limits", index, "notify"] })),
    { targets: anomalies?.notify ?? [], path: ["anomalies", "notify"] },
  ];
  for (const { targets, path } of told) {
    const unknown = findUnknownTarget(targets, notify);
    if (unknown !== undefined) context.addIssue({ code: "custom", path, message: `notify: has no target ${unknown}` });
  }
});

export type Config = z.infer<typeof configSchema>;

type WrittenLocation = Exclude<z.infer<typeof location>, string>;
type WrittenEncryption = NonNullable<WrittenLocation["encryption"]>;

/** A place as stores are opened at it. */
export interface ConfiguredLocation extends Omit<WrittenLocation, "encryption" | "path_style"> {
  pathStyle?: boolean;
  encryption?: Omit<WrittenEncryption, "bucket_key" | "context"> & { bucketKey: boolean | undefined; context?: Record<string, string> };
}

export function toLocation(written: z.infer<typeof location>): ConfiguredLocation {
  if (typeof written === "string") return { url: written };
  const { encryption, path_style: pathStyle, ...named } = written;
  const place = { ...named, ...(pathStyle === undefined ? {} : { pathStyle }) };
  if (encryption === undefined) return place;
  const { bucket_key: bucketKey, context, ...asked } = encryption;
  return { ...place, encryption: { ...asked, bucketKey, ...(context === undefined ? {} : { context: Object.fromEntries(context) }) } };
}
