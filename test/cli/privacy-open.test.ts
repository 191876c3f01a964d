import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { generateKeys } from "../../src/archive/chain/signing-key.ts";
import { reportPseudonym } from "../../src/ledger/names/report-pseudonym.ts";
import { writeRequests } from "../request-exports.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { call, type CallResult } from "./call.ts";

const SECRET = "a secret of this test, of enough characters";
const PAIR = generateKeys();
const PERSON = reportPseudonym("zora@corp.example", Buffer.from(SECRET));

interface Events {
  folder: string;
  onLedger: (args: readonly string[], env?: Record<string, string>) => Promise<CallResult>;
  /** Contents of the openings that the chain has. */
  openings: () => string[];
}

async function reportedLedger(): Promise<Events> {
  const [source, folder] = [temporaryFolder(), temporaryFolder()];
  writeRequests(source, [{ by: "zora@corp.example", at: "2026-10-05T10:00:00Z" }]);
  const config = join(temporaryFolder(), "ledger.yaml");
  writeFileSync(config, `sources: [{name: prod, url: ${source}}]\nlake: ${folder}\nprivacy: {callers: pseudonym, smallest_group: 1}\n`);
  const onLedger = async (args: readonly string[], env: Record<string, string> = {}): Promise<CallResult> =>
    await call([...args, "--config", config], { env: { APERTURE_LEDGER_SIGNING_KEY: PAIR.privateKey, APERTURE_LEDGER_PRIVACY_KEY: SECRET, ...env }, at: "2026-10-06T09:00:00Z" });
  expect((await onLedger(["run"])).code).toBe(0);
  const events = join(folder, "archive/prod/_events");
  return { folder, onLedger, openings: () => (existsSync(events) ? readdirSync(events) : []).filter((name) => name.includes("-opening-")).map((name) => readFileSync(join(events, name), "utf8")) };
}

test("privacy open names a person after the chain has who asked and why, and verify reports it for ever", async () => {
  const { onLedger, openings } = await reportedLedger();
  expect((await onLedger(["archive", "seal"])).code).toBe(0);
  expect((await onLedger(["chargeback", "--month", "2026-10"])).code).toBe(0);
  const opened = await onLedger(["privacy", "open", PERSON.toUpperCase(), "--reason", "case 17", "--by", "kim@corp.example"]);
  expect(opened).toMatchObject({ code: 0, stdout: `recorded     in the chain of prod\nperson       ${PERSON} is zora@corp.example\n` });
  const [event = "", ...more] = openings();
  expect(more).toEqual([]);
  expect(JSON.parse(event)).toMatchObject({ header: { kind: "opening", instance: "prod", pseudonym: PERSON, reason: "case 17", by: "kim@corp.example", known: "command", at: "2026-10-06T09:00:00.000Z" } });
  expect(event).not.toContain("zora");
  expect(JSON.parse((await onLedger(["privacy", "open", PERSON, "--reason", "case 18", "--json"])).stdout)).toEqual({ pseudonym: PERSON, logins: ["zora@corp.example"], recorded: ["prod"] });
  const verified = JSON.parse((await onLedger(["archive", "verify", "--json"])).stdout) as { verified: boolean; findings: unknown[]; notes: { text: string }[] };
  expect(verified).toMatchObject({ verified: true, findings: [] });
  expect(verified.notes.map(({ text }) => text)).toEqual(expect.arrayContaining([`kim@corp.example opened the report pseudonym ${PERSON} at 2026-10-06T09:00:00.000Z: case 17`]));
});

const REFUSALS: readonly [what: string, args: string[], env: Record<string, string>, message: string][] = [
  ["a login", ["zora@corp.example", "--reason", "case 17"], {}, "is not a pseudonym of a report"],
  ["a pseudonym of nobody", ["person-0000-0000-0000", "--reason", "case 17"], {}, "nobody in the allocations of"],
  ["another key", [PERSON, "--reason", "case 17"], { APERTURE_LEDGER_PRIVACY_KEY: "another secret, of enough characters too" }, "nobody in the allocations of"],
  ["a reason that names somebody", [PERSON, "--reason", "what did Zora@corp.example do"], {}, "the reason names a person"],
  ["an empty reason", [PERSON, "--reason", " "], {}, "the reason is empty"],
  ["no key of reports", [PERSON, "--reason", "case 17"], { APERTURE_LEDGER_PRIVACY_KEY: "" }, "no key is configured to make the pseudonyms"],
  ["a key that is too short", [PERSON, "--reason", "case 17"], { APERTURE_LEDGER_PRIVACY_KEY: "short" }, "too few for a secret"],
  ["no key of the archive", [PERSON, "--reason", "case 17"], { APERTURE_LEDGER_SIGNING_KEY: "" }, "no key is configured to sign the archive"],
];

test("privacy open names nobody and records nothing where it refuses", async () => {
  const { onLedger, openings } = await reportedLedger();
  for (const [what, args, env, message] of REFUSALS) {
    const { code, stdout, stderr } = await onLedger(["privacy", "open", ...args], env);
    expect({ what, code, stdout }).toEqual({ what, code: 2, stdout: "" });
    expect(stderr, what).toContain(message);
    expect(args.includes("zora@corp.example") || !stderr.toLowerCase().includes("zora"), what).toBe(true);
    expect(openings(), what).toEqual([]);
  }
});

test("chargeback without the key says so before it writes, and so does diff", async () => {
  const { folder, onLedger } = await reportedLedger();
  for (const args of [["chargeback", "--month", "2026-10"], ["chargeback", "diff", "2026-10", "2026-10"]]) {
    const refused = await onLedger(args, { APERTURE_LEDGER_PRIVACY_KEY: "" });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("no key is configured to make the pseudonyms of reports");
  }
  expect(readdirSync(folder)).not.toContain("reports");
});

test("what makes no report needs no access to the key", async () => {
  const { onLedger } = await reportedLedger();
  const nowhere = { APERTURE_LEDGER_PRIVACY_KEY: "", APERTURE_LEDGER_PRIVACY_KEY_FILE: join(temporaryFolder(), "of-others") };
  for (const args of [["status"], ["limits"], ["explain", "--month", "2026-10", "--team", "(unallocated)"]]) expect(await onLedger(args, nowhere)).toMatchObject({ code: 0 });
  expect((await onLedger(["chargeback", "--month", "2026-10"], nowhere)).stderr).toContain("of-others cannot be read");
});
