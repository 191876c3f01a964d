import { z } from "zod";
import { suggest } from "./reading/known-keys.ts";
import { has, is, keyRules, where } from "./sections/key-rules.ts";
import { accessSection } from "./sections/access-section.ts";
import { allocationSection, CONDITION_KEYS, dimensionsUsed } from "./sections/allocation-section.ts";
import { anomaliesSection } from "./sections/anomalies-section.ts";
import { archiveSection } from "./sections/archive-section.ts";
import { chargesSection, dimensionsOfCharges } from "./sections/charges-section.ts";
import { deliverSection } from "./sections/deliver-section.ts";
import { dimensionsSection } from "./sections/dimensions-section.ts";
import { directorySection } from "./sections/directory-section.ts";
import { currencySection } from "./sections/currency-section.ts";
import { focusSection } from "./sections/focus-section.ts";
import { healthSection } from "./sections/health-section.ts";
import { hooksSection } from "./sections/hooks-section.ts";
import { httpSection } from "./sections/http-section.ts";
import { dimensionsOfScopes, limitsSection } from "./sections/limits-section.ts";
import { alertsSection, findUnknownTarget, notifySection } from "./sections/notify-section.ts";
import { location, writtenPlace } from "./sections/location-section.ts";
import { pricesSection } from "./sections/prices-section.ts";
import { privacySection } from "./sections/privacy-section.ts";
import { providersSection } from "./sections/providers-section.ts";
import { reconciliationSection } from "./sections/reconciliation-section.ts";
import { redisSection } from "./sections/redis-section.ts";
import { reportSection } from "./sections/report-section.ts";
import { smtpSection } from "./sections/smtp-section.ts";
import { scheduleSection } from "./sections/schedule-section.ts";
import { timezone } from "./sections/timezone-section.ts";

const NAME = /^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$/;

const source = z.strictObject({
  name: z
    .string()
    .max(63)
    .regex(NAME, "a name of letters and digits, parts joined by single - _ or .")
    .meta({ description: "Name of the gateway. It becomes the column `instance` and part of every object's key, so never change it.", examples: ["prod"] }),
  url: writtenPlace.meta({ description: "Where the gateway's exporter writes: `s3://bucket/prefix`, `file:///dir` or a path.", examples: ["s3://aperture-exports/prod"] }),
  endpoint: z.url().optional().meta({ description: "Address of an S3-compatible server, instead of AWS.", examples: ["https://s3.example.com"] }),
  region: z.string().optional().meta({ description: "Region of the bucket.", examples: ["us-east-1"] }),
  path_style: z.boolean().optional().describe("`true` puts the bucket into the path of requests, `false` in front of the host's name. Without it the ledger chooses what the server is known to expect."),
  config: z.string().optional().meta({ description: "This gateway's own address or configuration. It overrides `aperture.config`.", examples: ["http://ai-west"] }),
  prices: z.string().optional().meta({ description: "This gateway's own price catalogue, or `none`. It overrides `aperture.prices`.", examples: ["none"] }),
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
      config: z.string().optional().meta({ description: "The gateway's address, or its configuration as `file://…` or a path. The configuration says which providers are subscriptions and which are self-hosted. It is read at every run, through `/aperture/config` or, where the gateway does not have that, `/api/config`.", examples: ["http://ai"] }),
      prices: z.string().optional().meta({ description: "The gateway's [price catalogue](prices.md#the-gateways-catalogue), for models that `prices` has no price for: an address, `file://…`, a path, or `none`. Without it: `/aperture/pricing` at the gateway's address in `config`. It is read at every run.", examples: ["none"] }),
      quotas: z.string().optional().meta({ description: "What is left in the gateway's token buckets: `http://…/api/quotas`. It is read at every run.", examples: ["http://ai/api/quotas"] }),
    })
    .prefault({})
    .describe("The data that the ledger reads from the gateway itself."),
  dimensions: dimensionsSection,
  timezone: timezone.default("UTC").meta({ description: "IANA time zone of days and months in reports, and of budgets without a time zone of their own.", examples: ["Europe/Berlin"] }),
  redis: redisSection,
  schedule: scheduleSection,
  worker,
  http: httpSection,
  hooks: hooksSection,
  directory: directorySection,
  allocation: allocationSection,
  charges: chargesSection,
  focus: focusSection,
  report: reportSection,
  currency: currencySection,
  privacy: privacySection,
  prices: pricesSection,
  providers: providersSection,
  limits: limitsSection,
  access: accessSection,
  notify: notifySection,
  alerts: alertsSection,
  anomalies: anomaliesSection,
  health: healthSection,
  smtp: smtpSection,
  deliver: deliverSection,
  reconciliation: reconciliationSection,
});

/** Conditions that have no meaning in their position. */
const MISPLACED = new Map([
  ["team", "a rule decides which team pays: use teams for the teams of the caller"],
  ["teams", "shared and adjusted usage belongs to one team: use team"],
]);

function whatToDo(name: string, known: readonly string[]): string {
  const meant = suggest(name, known);
  return meant === undefined ? "set its request header under dimensions" : `did you mean ${meant}? A dimension needs its request header under dimensions`;
}

/** `aperture-ledger.yaml`, checked: unknown keys are mistakes. */
export const configSchema = sections.superRefine(({ allocation, anomalies, archive, charges, deliver, dimensions, health, limits, notify, smtp }, context) => {
  const used = [
    ...dimensionsUsed(allocation).map(({ name, path }) => ({ name, path: ["allocation", ...path] })),
    ...dimensionsOfCharges(charges).map(({ name, path }) => ({ name, path: ["charges", ...path] })),
    ...dimensionsOfScopes(limits).map(({ name, path }) => ({ name, path: ["limits", ...path] })),
  ];
  for (const { name, path } of used) {
    if (dimensions.has(name)) continue;
    const message = MISPLACED.get(name) ?? `there is no dimension ${name}: ${whatToDo(name, [...CONDITION_KEYS, ...dimensions.keys()])}`;
    context.addIssue({ code: "custom", path, message });
  }
  for (const [index, { name }] of charges.entries()) {
    if (!allocation.adjustments.some((adjustment) => adjustment.name === name)) continue;
    context.addIssue({ code: "custom", path: ["charges", index, "name"], message: `an adjustment already has the name ${name}: reports could not distinguish them` });
  }
  const told = [
    ...limits.map(({ notify: targets }, index) => ({ targets, path: ["limits", index, "notify"] })),
    { targets: anomalies?.notify ?? [], path: ["anomalies", "notify"] },
    { targets: health.notify ?? [], path: ["health", "notify"] },
    ...archive.heads.map((place, index) => ({ targets: place.kind === "notify" ? place.targets : [], path: ["archive", "heads", index, "targets"] })),
    { targets: deliver?.company ?? [], path: ["deliver", "company"] },
    ...[...(deliver?.teams ?? [])].map(([team, targets]) => ({ targets, path: ["deliver", "teams", team] })),
  ];
  for (const { targets, path } of told) {
    const unknown = findUnknownTarget(targets, notify);
    if (unknown !== undefined) context.addIssue({ code: "custom", path, message: `notify: has no target ${unknown}` });
  }
  if (smtp !== undefined) return;
  const mailed = notify.findIndex(({ kind }) => kind === "email");
  if (mailed >= 0) context.addIssue({ code: "custom", path: ["notify", mailed, "kind"], message: "e-mail needs a server: add a section smtp" });
  if (deliver?.owners !== undefined) context.addIssue({ code: "custom", path: ["deliver", "owners"], message: "e-mail needs a server: add a section smtp" });
}).meta(
  keyRules(
    where({ required: ["notify"], properties: { notify: { contains: is("kind", "email") } } }, has("smtp")),
    where({ required: ["deliver"], properties: { deliver: has("owners") } }, has("smtp")),
  ),
);

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
