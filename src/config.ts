import { z } from "zod";

const NAME = /^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$/;
const HEADER = /^[A-Za-z][A-Za-z0-9-]*$/;
const DIMENSION = /^[a-z][a-z0-9_]*$/;

/** `file:///dir`, a path, or `s3://bucket/prefix`; with `endpoint` and `region` for S3-compatible servers. */
const location = z.union([
  z.string().min(1),
  z.strictObject({ url: z.string().min(1), endpoint: z.url().optional(), region: z.string().optional() }),
]);

const source = z.strictObject({
  name: z
    .string()
    .max(63)
    .regex(NAME, "a name of letters and digits, parts joined by single - _ or .")
    .describe("name of the gateway: the `instance` column"),
  url: z.string().min(1).describe("where its exporter writes: s3://bucket/prefix, file:///dir"),
  endpoint: z.url().optional().describe("of an S3-compatible server"),
  region: z.string().optional(),
  config: z.string().optional().describe("this gateway's own configuration, instead of aperture.config"),
});

/** Offsets such as `+05:07` are left out: quarter hours cannot be cut at them, as they can at every real zone's days. */
function isTimeZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** Sections that the design fixes and that later versions read; their contents are checked when they are. */
const laterSection = z.unknown().optional().describe("not read by this version");

/** `aperture-ledger.yaml`, checked: unknown keys are mistakes. */
export const configSchema = z.strictObject({
  sources: z
    .array(source)
    .default([])
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "two sources have the same name")
    .describe("gateways whose exports are pulled"),
  lake: location.optional().describe("root of everything the ledger writes"),
  archive: z
    .strictObject({
      url: location.optional().describe("a store of its own for the copies of export objects; else the lake"),
      lock: laterSection,
      bodies: z.literal("keep").default("keep"),
    })
    .prefault({}),
  aperture: z
    .strictObject({
      config: z.string().optional().describe("the gateway's configuration: http://…/api/config, file://… or a path"),
      quotas: laterSection,
    })
    .prefault({}),
  dimensions: z
    .record(z.string(), z.string().regex(HEADER, "the name of a request header"))
    .refine((all) => Object.keys(all).every((name) => DIMENSION.test(name)), "names are of lower-case letters, digits and _")
    .default({})
    .describe("dimension → request header it is read from"),
  timezone: z
    .string()
    .refine(isTimeZone, "an IANA time zone such as Europe/Berlin")
    .default("UTC")
    .describe("of days and months in reports"),
  redis: z.string().optional().describe("queue of the worker, redis://host:port"),
  directory: laterSection,
  allocation: laterSection,
  prices: laterSection,
  limits: laterSection,
  notify: laterSection,
  schedule: laterSection,
});

export type Config = z.infer<typeof configSchema>;
type Location = { url: string; endpoint?: string | undefined; region?: string | undefined };

const LATER_SECTIONS = ["directory", "allocation", "prices", "limits", "notify", "schedule"] as const;

/** Sections that are set and that this version does not read yet. */
export function unreadSections(config: Config): string[] {
  const unread: string[] = LATER_SECTIONS.filter((section) => config[section] !== undefined);
  if (config.archive.lock !== undefined) unread.push("archive.lock");
  if (config.aperture.quotas !== undefined) unread.push("aperture.quotas");
  return unread;
}

export function toLocation(written: z.infer<typeof location>): Location {
  return typeof written === "string" ? { url: written } : written;
}
