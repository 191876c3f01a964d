import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { anomalyCheck } from "../../src/open/alert-settings.ts";
import { configSchema } from "../../src/config/config.ts";
import { HEALTH_KINDS } from "../../src/ledger/alert-kinds.ts";
import { sendMessage } from "../../src/messages/send-message.ts";
import { startReceiver } from "../messages/receiver.ts";
import { MESSAGE, testTools } from "../messages/sending-tools.ts";

const GUIDE = readFileSync(join(import.meta.dirname, "../../docs/alerts.md"), "utf8");

function blocks(language: string): string[] {
  return [...GUIDE.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "gms"))].map(([, text = ""]) => text);
}

test("the configuration of the guide is valid, and where it stands for a default it says the default", () => {
  const written = Object.assign({}, ...blocks("yaml").map((text) => parse(text) as object)) as object;
  const config = configSchema.parse(written);
  const usual = configSchema.parse({ anomalies: {}, notify: config.notify, smtp: config.smtp });
  expect(config.alerts).toEqual(usual.alerts);
  expect(anomalyCheck(config)).toEqual({ ...anomalyCheck(usual), notify: ["ops"] });
});

type IsGenuine = (headers: Record<string, unknown>, body: string, secret: string, now: number) => boolean;

test("the guide's way to check a signature takes what was sent, and nothing else", async () => {
  const [code = ""] = blocks("js");
  const { isGenuine } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as { isGenuine: IsGenuine };
  const { url, received } = await startReceiver();
  const tools = testTools({ env: { OPS_SECRET: "the shared secret" } });
  const target = { name: "ops", kind: "webhook", url, secretEnv: "OPS_SECRET", timeoutMilliseconds: 30_000 } as const;
  await sendMessage({ ...MESSAGE, body: { ...MESSAGE.body, title: "größer als 80 %" } }, target, tools, new AbortController().signal);
  const [{ headers, body }] = received as [(typeof received)[number]];
  const now = tools.now.getTime();
  expect(isGenuine(headers, body, "the shared secret", now)).toBe(true);
  expect(isGenuine(headers, body.replace("812", "912"), "the shared secret", now)).toBe(false);
  expect(isGenuine(headers, body, "another secret", now)).toBe(false);
  expect(isGenuine({ ...headers, "x-aperture-ledger-timestamp": String(now / 1000 + 1) }, body, "the shared secret", now)).toBe(false);
  expect(isGenuine({}, body, "the shared secret", now)).toBe(false);
  expect(isGenuine(headers, body, "the shared secret", now + 3_600_000)).toBe(false);
});

test("the page on the ledger's own health has every kind, and its configuration says the defaults", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/health.md"), "utf8");
  const kinds = [...page.matchAll(/^\| `([a-z_]+)` \| [^\n]+ \| [^\n]+ \|$/gm)].map(([, kind]) => kind);
  expect(kinds).toEqual([...HEALTH_KINDS]);
  const [written = ""] = /^```yaml\n(.*?)^```$/ms.exec(page)?.slice(1) ?? [];
  const notify = [{ name: "ops", kind: "stdout" }];
  expect(configSchema.parse({ notify, ...(parse(written) as object) }).health).toEqual({ ...configSchema.parse({}).health, notify: ["ops"] });
});
