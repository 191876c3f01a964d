import { expect, test } from "vitest";
import { allocateAll } from "../e2e/closing.ts";
import { openPseudonym } from "../../src/archive/open-pseudonym.ts";
import { configSchema } from "../../src/config/config.ts";
import { reportPseudonym } from "../../src/ledger/names/report-pseudonym.ts";
import { configuredCharges } from "../../src/open/configured-charges.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { keysOf } from "../keys-of.ts";
import { writeRequests } from "../request-exports.ts";
import { exportsIn, ingestedLake, temporaryFolder, testLedger } from "../test-ledger.ts";
import { signingWith } from "./sealing.ts";

const KEY = Buffer.from("a secret of the tests, long enough for a key");

/** An archive that takes no events. */
class FullStore extends FsStore {
  override async create(): Promise<never> {
    return await Promise.reject(new Error("the disk is full"));
  }
}

test("an opening that cannot be recorded names nobody", async () => {
  const source = temporaryFolder();
  writeRequests(source, [{ by: "zora@corp.example", at: "2026-10-05T10:00:00Z" }]);
  const folder = await ingestedLake(exportsIn(source));
  const lake = new FsStore(folder);
  const ledger = testLedger(new FsStore(source), lake, signingWith(), { stores: { archive: new FullStore(folder) } });
  const request = { pseudonym: reportPseudonym("zora@corp.example", KEY), reason: "case 17", by: "kim@corp.example", key: KEY };
  await expect(openPseudonym(ledger, request, () => "1")).rejects.toThrow("the disk is full");
  expect((await keysOf(lake, "archive/")).filter((key) => key.includes("-opening-"))).toEqual([]);
});

test("an opening is in the chains of gateways and of nothing else, also of somebody who has a seat and makes no request", async () => {
  const source = temporaryFolder();
  writeRequests(source, [{ by: "zora@corp.example", at: "2026-10-05T10:00:00Z" }]);
  const lake = new FsStore(await ingestedLake(exportsIn(source)));
  const seats = { name: "seats", kind: "seats", provider: "anthropic", price: 31, people: ["zora@corp.example", "idle@corp.example"], when: { provider: "anthropic" }, covers: "none" };
  const { allocation } = testLedger(new FsStore(source), lake).rules;
  const ledger = testLedger(new FsStore(source), lake, signingWith(), { rules: { allocation: { ...allocation, charges: configuredCharges(configSchema.parse({ charges: [seats] }).charges) } } });
  await allocateAll(ledger);
  for (const login of ["zora@corp.example", "idle@corp.example"]) {
    const request = { pseudonym: reportPseudonym(login, KEY), reason: "case 17", by: "kim@corp.example", key: KEY };
    expect(await openPseudonym(ledger, request, () => login.slice(0, 4))).toMatchObject({ logins: [login], recorded: ["prod"] });
  }
  expect((await keysOf(lake, "archive/")).filter((key) => key.includes("-opening-")).map((key) => key.split("/")[1])).toEqual(["prod", "prod"]);
});
