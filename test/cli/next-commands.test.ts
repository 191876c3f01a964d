import { expect, test } from "vitest";
import { nextCommand, type Outcome } from "../../src/cli/next-commands.ts";
import { repeatSettings, showCall } from "../../src/cli/repeat-settings.ts";
import { callDry, wordsOf } from "./dry-program.ts";

const month = "2026-09";
/** Every outcome of every command, and the command that follows. */
const OUTCOMES: readonly (readonly [Outcome, string | undefined])[] = [
  [{ after: "init", file: "ledger.yaml" }, "doctor --config ledger.yaml"],
  [{ after: "init", file: "aperture-ledger.yaml" }, "doctor"],
  [{ after: "doctor", failed: false }, "run"],
  [{ after: "doctor", failed: true }, undefined],
  [{ after: "simulate", out: "./exports", gatewayConfig: "exports/config.hujson" }, "run --source ./exports --lake ./lake --gateway-config exports/config.hujson"],
  [{ after: "status", waiting: true }, "run"],
  [{ after: "status", waiting: false }, undefined],
  [{ after: "run", incomplete: false, month }, "chargeback --month 2026-09"],
  [{ after: "run", incomplete: true, month }, "status"],
  [{ after: "run", incomplete: false, month: undefined }, "doctor"],
  [{ after: "chargeback", month, status: "complete" }, "chargeback --month 2026-09 --close"],
  [{ after: "chargeback", month, status: "preliminary" }, undefined],
  [{ after: "chargeback", month, status: "closed" }, undefined],
  [{ after: "close", month, verifiable: true }, "archive verify"],
  [{ after: "close", month, verifiable: false }, undefined],
  [{ after: "deliver", month, dryRun: true }, "deliver --month 2026-09"],
  [{ after: "deliver", month, dryRun: false }, undefined],
  [{ after: "reconcile", month, owedChanged: true }, "chargeback --month 2026-09"],
  [{ after: "reconcile", month, owedChanged: false }, undefined],
  [{ after: "archive keys" }, "archive seal"],
  [{ after: "archive seal", digests: 1 }, "archive verify"],
  [{ after: "archive seal", digests: 0 }, undefined],
  [{ after: "archive extract", proofs: "p.json", publicKey: "key.pem" }, "archive verify-proof --proofs p.json --public-key key.pem"],
  [{ after: "archive extract", proofs: undefined, publicKey: "key.pem" }, undefined],
  [{ after: "archive purge", expired: 2, applied: false }, "archive purge --apply"],
  [{ after: "archive purge", expired: 2, applied: true }, undefined],
  [{ after: "archive purge", expired: 0, applied: false }, undefined],
  [{ after: "archive hold" }, "archive hold list"],
  [{ after: "schedule", stays: false }, "worker"],
  [{ after: "schedule", stays: true }, undefined],
];

const SETTINGS = { config: "my ledger.yaml", source: "s3://exports", instance: "prod", lake: "./lake", gatewayConfig: "http://ai", dimension: ["repo=X-Repo", "ticket=X-Ticket"], timezone: "Europe/Berlin" };

test.each(OUTCOMES)("after %j comes %s, which the program takes, also with the settings of the call", async (outcome, expected) => {
  const next = nextCommand(outcome);
  expect(next?.join(" ")).toBe(expected);
  if (next === undefined) return;
  for (const flags of [{}, SETTINGS]) {
    const { path, error } = await callDry(wordsOf(showCall(repeatSettings(next, flags, {}))).slice(1));
    expect(error).toBeUndefined();
    expect(next.join(" ")).toMatch(new RegExp(`^${path ?? "nothing"}( |$)`));
  }
});

test("settings that were flags are repeated once, in the shell's quotes where needed, and those of the environment are not", () => {
  expect(showCall(repeatSettings(["run"], { config: "my ledger.yaml", lake: "it's" }, {}))).toBe(String.raw`aperture-ledger run --config 'my ledger.yaml' --lake 'it'\''s'`);
  expect(repeatSettings(["run"], { lake: "/lake" }, { APERTURE_LEDGER_LAKE: "/lake" })).toEqual(["run"]);
  expect(repeatSettings(["doctor", "--config", "new.yaml"], { config: "old.yaml" }, {})).toEqual(["doctor", "--config", "new.yaml"]);
  expect(repeatSettings(["archive", "verify"], SETTINGS, {})).toEqual(["archive", "verify", "--config", "my ledger.yaml", "--lake", "./lake"]);
});
