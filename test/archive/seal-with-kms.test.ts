import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { verifyArchive } from "../../src/archive/verify-archive.ts";
import { archiveSection } from "../../src/config/sections/archive-section.ts";
import { silentProgress } from "../../src/cli/terminal.ts";
import { openSigningKey } from "../../src/open/archive-settings.ts";
import { rotateKey } from "../../src/archive/rotate-key.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { writeRequests } from "../request-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { KmsServer } from "./kms-server.ts";
import { digestsOf, KEY, seal, signingWith } from "./sealing.ts";

const kms = new KmsServer();
beforeAll(async () => await kms.start());
afterAll(() => {
  kms.stop();
  vi.unstubAllEnvs();
});

test("an archive that a key in a file began and a key in AWS KMS continues verifies with either public key, whichever form the signatures have", async () => {
  kms.addKey("archive");
  for (const [name, value] of Object.entries(kms.environment)) vi.stubEnv(name, value);
  const next = (await openSigningKey({ archive: archiveSection.parse({ signing_key: "awskms:alias/archive" }) }))!;
  const [source, lake] = [temporaryFolder(), new FsStore(temporaryFolder())];
  writeRequests(source, [{ by: "ann@example.com", at: "2026-10-30T12:00:00Z" }]);
  const ledger = (key: typeof next): ReturnType<typeof testLedger> => testLedger(new FsStore(source), lake, signingWith(key));

  await runOnce(ledger(KEY));
  await seal(ledger(KEY), "2026-11-01T04:00:00Z");
  await rotateKey(ledger(KEY), next, { by: "ann@example.com", now: new Date("2026-11-01T05:00:00Z"), id: "r" });
  writeRequests(source, [{ by: "bob@example.com", at: "2026-10-31T12:00:00Z" }]);
  await runOnce(ledger(next));
  await seal(ledger(next), "2026-11-02T04:00:00Z");
  // As if every header were longer than KMS signs.
  await seal(ledger({ ...next, longest: 1 }), "2026-11-03T04:00:00Z");

  expect((await digestsOf(lake, "prod")).map(({ key, signs }) => [key, signs])).toEqual([[KEY.publicKey, undefined], [next.publicKey, undefined], [next.publicKey, "sha256"]]);
  for (const { publicKey } of [KEY, next]) {
    const { findings, trustedKeys } = await verifyArchive({ archive: lake, lake: undefined, publicKey, sample: undefined, head: undefined, instance: undefined, now: new Date("2026-11-03T06:00:00Z"), progress: silentProgress });
    expect(findings).toEqual([]);
    expect(trustedKeys).toHaveLength(2);
  }
});
