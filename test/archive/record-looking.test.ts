import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { generateKeys, readSigningKey } from "../../src/archive/chain/signing-key.ts";
import { recordLooking } from "../../src/archive/record-looking.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { call } from "../cli/call.ts";
import { PLAIN_ARCHIVE } from "../plain-archive.ts";
import { writeRequests } from "../request-exports.ts";
import { exportsIn, ingestedLake, temporaryFolder } from "../test-ledger.ts";
import { archiveRecords, recordOf } from "./archived-records.ts";
import { sealCopies } from "./sealed-at-once.ts";

const PAIR = generateKeys();
const SIGNED = { env: { APERTURE_LEDGER_SIGNING_KEY: PAIR.privateKey }, at: "2026-10-07T09:00:00Z" };

/** An archive of two gateways, which is sealed. */
async function sealed(): Promise<string> {
  const folder = temporaryFolder();
  const archive = new FsStore(folder);
  for (const instance of ["prod", "lab"]) await archiveRecords(archive, instance, 0, [recordOf(1, "alice@example.com")]);
  await sealCopies(archive, readSigningKey(PAIR.privateKey, "the test's key"), "2026-10-06");
  return folder;
}

function eventsOf(folder: string, instance: string): string[] {
  const events = join(folder, "archive", instance, "_events");
  return existsSync(events) ? readdirSync(events).map((name) => readFileSync(join(events, name), "utf8")) : [];
}

test("an extraction is an event in the chain of each gateway that it covers, without caller, session or capture", async () => {
  const folder = await sealed();
  const extract = async (...args: string[]): Promise<number | null> => (await call(["archive", "extract", "--lake", folder, "--scan", "--by", "kim@corp.example", ...args], SIGNED)).code;
  expect(await extract("--caller", "alice@example.com", "--capture", "cap-1", "--reason", "case 17", "--to", "2026-10-06")).toBe(0);
  expect(await extract("--instance", "lab", "--format", "mbox")).toBe(0);
  const [prod, lab] = [eventsOf(folder, "prod"), eventsOf(folder, "lab")];
  expect([prod.length, lab.length]).toEqual([1, 2]);
  const common = { kind: "extraction", by: "kim@corp.example", known: "command", from: null };
  expect(JSON.parse(prod[0]!)).toMatchObject({ header: { ...common, form: "ndjson", criteria: ["caller", "capture"], to: "2026-10-07T00:00:00.000Z", reason: "case 17" } });
  expect(lab.map((event) => (JSON.parse(event) as { header: object }).header)).toContainEqual(expect.objectContaining({ ...common, form: "mbox", criteria: [], to: null, reason: null }));
  for (const secret of ["alice", "cap-1"]) expect([...prod, ...lab].join("")).not.toContain(secret);
});

test("nothing is extracted where it cannot be recorded", async () => {
  const folder = await sealed();
  const unsigned = await call(["archive", "extract", "--lake", folder, "--scan"]);
  expect([unsigned.code, unsigned.stdout]).toEqual([2, ""]);
  expect(unsigned.stderr).toMatch(/\[key_missing\]/);
  const foreign = await call(["archive", "extract", "--lake", folder, "--scan"], { env: { APERTURE_LEDGER_SIGNING_KEY: generateKeys().privateKey } });
  expect([foreign.code, foreign.stdout]).toEqual([2, ""]);
  expect(foreign.stderr).toMatch(/\[key_unusable\]/);
  const named = await call(["archive", "extract", "--lake", folder, "--scan", "--caller", "alice@example.com", "--reason", "what did Alice@example.com do"], SIGNED);
  expect([named.code, named.stdout]).toEqual([2, ""]);
  expect(named.stderr).toMatch(/the reason contains the given caller/);
  expect([...eventsOf(folder, "prod"), ...eventsOf(folder, "lab")]).toEqual([]);

  class FullStore extends FsStore {
    override async create(): Promise<never> {
      return await Promise.reject(new Error("the disk is full"));
    }
  }
  const ledger = { stores: { archive: new FullStore(folder) }, work: { archiving: { ...PLAIN_ARCHIVE, signingKey: readSigningKey(PAIR.privateKey, "the test's key") }, clock: () => new Date() } };
  const looking = { what: { kind: "search" as const }, selection: {}, wanted: new Map([["text" as const, "x"]]), by: "kim", reason: "case 17" };
  await expect(recordLooking(ledger, looking, () => "1")).rejects.toThrow("the disk is full");
});

test("an archive that was never sealed has no chain to record in, and the command says so", async () => {
  const folder = temporaryFolder();
  await archiveRecords(new FsStore(folder), "prod", 0, [recordOf(1, "alice@example.com")]);
  const { code, stderr } = await call(["archive", "extract", "--lake", folder, "--scan"]);
  expect(code).toBe(0);
  expect(stderr).toContain("not recorded: no key is configured");
});

test("a caller who is in no record of the span is answered with the callers of like names", async () => {
  const source = temporaryFolder();
  writeRequests(source, ["alice@corp.example", "alicia@corp.example", "zora@corp.example"].map((by) => ({ by, at: "2026-10-05T10:00:00Z" })));
  const lake = await ingestedLake(exportsIn(source));
  const ask = async (command: string, caller: string, ...more: string[]): Promise<{ code: number | null; stderr: string }> => await call(["archive", command, "--lake", lake, "--caller", caller, "--reason", "case 17", ...more]);
  expect(await ask("extract", "alcie@corp.example")).toMatchObject({ code: 0, stderr: expect.stringContaining("did you mean alice@corp.example, or alicia@corp.example?") as string });
  expect(await ask("search", "zorra", "--status", "200")).toMatchObject({ code: 0, stderr: expect.stringContaining("did you mean zora@corp.example?") as string });
  expect((await ask("extract", "alcie@corp.example", "--from", "2026-10-07")).stderr).not.toContain("did you mean");
  expect((await ask("extract", "somebody-else@corp.example")).stderr).not.toContain("did you mean");
});
