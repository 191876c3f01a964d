import { z } from "zod";
import { atMostOne, exactlyOne, keyRules } from "./key-rules.ts";
import { FILE, VARIABLE } from "./secret-section.ts";
import { address } from "./smtp-section.ts";

const NAME = /^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$/;
const name = z
  .string()
  .max(63)
  .regex(NAME, "a name of letters and digits, parts joined by single - _ or .")
  .meta({ description: "Name of the target in limits, `deliver`, records and logs.", examples: ["ops"] });

/** Messages never quote the url: for some services the whole url is a secret. */
const url = z
  .string()
  .regex(/^https?:\/\/[^\s/?#]/i, "http://… or https://…")
  .regex(/^(?![^/?#]*\/\/[^/?#]*@)/, "credentials do not belong in a url: sign with secret_env, or give the whole url in url_env or url_file")
  .refine((text) => URL.canParse(text), "http://… or https://…");

const timeout = z.number().min(0.1).max(60).default(10).describe("Time limit of one attempt, in seconds. The default for e-mail is 30.");

const receiver = {
  name,
  url: url.optional().meta({ description: "Where to send. A url that is a secret belongs in `url_env` or `url_file`.", examples: ["https://alerts.example.com/ledger"] }),
  url_env: VARIABLE.optional().meta({ description: "Environment variable that holds the url, for urls that are secrets, as Slack's are.", examples: ["LEDGER_SLACK_URL"] }),
  url_file: FILE.optional().meta({ description: "Path of a file that holds the url, such as a secret of `docker-compose.yml`.", examples: ["/run/secrets/slack_url"] }),
  timeout_seconds: timeout,
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
  .refine(({ secret_env: variable, secret_file: file }) => variable === undefined || file === undefined, "one of secret_env and secret_file")
  .meta(keyRules(exactlyOne("url", "url_env", "url_file"), atMostOne("secret_env", "secret_file")));
const slack = z.strictObject({ kind: z.literal("slack").describe("Kind of target."), ...receiver }).refine(hasOneUrl, ONE_URL).meta(keyRules(exactlyOne("url", "url_env", "url_file")));
const email = z.strictObject({
  kind: z.literal("email").describe("Kind of target."),
  name,
  to: address.meta({ description: "Address that e-mails go to, through the server in `smtp`. Only one address: for several readers use a mailing list or several targets.", examples: ["finance@example.com"] }),
  timeout_seconds: timeout.default(30),
});
const stdout = z.strictObject({ kind: z.literal("stdout").describe("Kind of target."), name });

export const notifySection = z
  .array(z.discriminatedUnion("kind", [webhook, slack, email, stdout]))
  .default([])
  .refine((all) => new Set(all.map((target) => target.name)).size === all.length, "two targets have the same name")
  .describe("Where alerts and reports go: webhooks, Slack-compatible webhooks, e-mail, standard output.");

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
