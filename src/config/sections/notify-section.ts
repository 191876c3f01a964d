import { z } from "zod";

const NAME = /^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$/;
const name = z
  .string()
  .max(63)
  .regex(NAME, "a name of letters and digits, parts joined by single - _ or .")
  .meta({ description: "Name of the target in limits, alert records and logs.", examples: ["ops"] });

const VARIABLE = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "the name of an environment variable, never the secret itself");

const FILE = z.string().regex(/^\//, "the absolute path of a file that holds the secret, never the secret itself");

/** Messages never quote the url: of some services it is a secret as a whole. */
const url = z
  .string()
  .regex(/^https?:\/\/[^\s/?#]/i, "http://… or https://…")
  .refine((text) => !/^https?:\/\/[^/?#]*@/i.test(text), "credentials do not belong in a url: sign with secret_env, or give the whole url in url_env or url_file")
  .refine((text) => URL.canParse(text), "http://… or https://…");

const receiver = {
  name,
  url: url.optional().meta({ description: "Where to send. A url that is a secret belongs in `url_env` or `url_file`.", examples: ["https://alerts.example.com/ledger"] }),
  url_env: VARIABLE.optional().meta({ description: "Environment variable that holds the url, for urls that are secrets, as Slack's are.", examples: ["LEDGER_SLACK_URL"] }),
  url_file: FILE.optional().meta({ description: "Path of a file that holds the url, such as a secret of `docker-compose.yml`.", examples: ["/run/secrets/slack_url"] }),
  timeout_seconds: z.number().min(0.1).max(60).default(10).describe("How long one try may take, in seconds."),
};
const ONE_URL = "exactly one of url and url_env, or url_file";
function hasOneUrl({ url: written, url_env: variable, url_file: file }: { url?: string | undefined; url_env?: string | undefined; url_file?: string | undefined }): boolean {
  return [written, variable, file].filter((one) => one !== undefined).length === 1;
}

const webhook = z
  .strictObject({
    kind: z.literal("webhook").describe("Kind of target."),
    ...receiver,
    secret_env: VARIABLE.optional().meta({ description: "Environment variable that holds the secret which messages of a webhook are signed with (HMAC-SHA256).", examples: ["LEDGER_ALERT_SECRET"] }),
    secret_file: FILE.optional().meta({ description: "Path of a file that holds that secret.", examples: ["/run/secrets/alert_secret"] }),
  })
  .refine(hasOneUrl, ONE_URL)
  .refine(({ secret_env: variable, secret_file: file }) => variable === undefined || file === undefined, "one of secret_env and secret_file");
const slack = z.strictObject({ kind: z.literal("slack").describe("Kind of target."), ...receiver }).refine(hasOneUrl, ONE_URL);
const stdout = z.strictObject({ kind: z.literal("stdout").describe("Kind of target."), name });

export const notifySection = z
  .array(z.discriminatedUnion("kind", [webhook, slack, stdout]))
  .default([])
  .refine((all) => new Set(all.map((target) => target.name)).size === all.length, "two targets have the same name")
  .describe("Where alerts go: webhooks, Slack-compatible webhooks, standard output.");

export type NotifySection = z.infer<typeof notifySection>;

export const alertsSection = z
  .strictObject({
    within_seconds: z.number().min(1).max(600).default(30).describe("How long sending may take in all, in seconds, however many targets are unreachable."),
    attempts: z.int().min(1).max(50).default(8).describe("How many evaluations try to deliver an alert before it is given up."),
    retry_minutes: z.number().min(0).max(1440).default(5).describe("Pause after the first try, in minutes. It doubles with each further try, up to a day."),
  })
  .prefault({})
  .describe("How alerts are sent.");

/** The first of the names that no target has. */
export function findUnknownTarget(names: readonly string[], targets: NotifySection): string | undefined {
  return names.find((wanted) => targets.every((target) => target.name !== wanted));
}
