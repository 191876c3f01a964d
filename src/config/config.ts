import { z } from "zod";
import { allocationSection, dimensionsUsed } from "./sections/allocation-section.ts";
import { anomaliesSection } from "./sections/anomalies-section.ts";
import { archiveSection } from "./sections/archive-section.ts";
import { directorySection } from "./sections/directory-section.ts";
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
    .describe("name of the gateway: the `instance` column"),
  url: z.string().min(1).describe("where its exporter writes: s3://bucket/prefix, file:///dir"),
  endpoint: z.url().optional().describe("of an S3-compatible server"),
  region: z.string().optional(),
  path_style: z.boolean().optional().describe("whether the bucket stands in the path of requests, or in front of the host's name; else as the server is known to want it"),
  config: z.string().optional().describe("this gateway's own configuration, instead of aperture.config"),
  quotas: z.string().optional().describe("this gateway's own balances, instead of aperture.quotas"),
});

const worker = z
  .strictObject({
    exports_at_once: z.int().min(1).max(64).default(3).describe("exports that one worker ingests at the same time"),
    attempts: z.int().min(1).max(100).default(8).describe("tries of a job whose failure can pass"),
    backoff_seconds: z.number().min(0.01).max(3600).default(5).describe("pause after the first try; it doubles with each"),
    lock_seconds: z.number().min(1).max(3600).default(30).describe("how long a job is left to a worker that is not heard of"),
    telemetry: z.boolean().default(false).describe("OpenTelemetry spans of jobs, for a process that has a tracer registered"),
  })
  .prefault({});

const sections = z.strictObject({
  sources: z
    .array(source)
    .default([])
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "two sources have the same name")
    .describe("gateways whose exports are pulled"),
  lake: location.optional().describe("root of everything the ledger writes"),
  archive: archiveSection,
  aperture: z
    .strictObject({
      config: z.string().optional().describe("the gateway's configuration: http://…/api/config, file://… or a path"),
      quotas: z.string().optional().describe("what is left in the gateway's buckets: http://…/api/quotas"),
    })
    .prefault({}),
  dimensions: textMap({
    key: z.string().regex(DIMENSION, "names are of lower-case letters, digits and _"),
    value: z.string().regex(HEADER, "the name of a request header").refine((header) => !CREDENTIAL.test(header), "this header holds a credential, of which nothing is kept"),
  })
    .default(new Map())
    .describe("dimension → request header it is read from"),
  timezone: timezone.default("UTC").describe("of days and months in reports, and of budgets that do not say their own"),
  redis: redisSection,
  schedule: scheduleSection,
  worker,
  http: httpSection,
  directory: directorySection,
  allocation: allocationSection,
  prices: pricesSection,
  providers: providersSection,
  limits: limitsSection,
  notify: notifySection,
  alerts: alertsSection,
  anomalies: anomaliesSection,
  reconciliation: reconciliationSection,
});

/** Conditions that stand where they have no meaning. */
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
