import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { readExport } from "../../src/aperture/reader/read-export.ts";
import { temporaryFolder } from "../test-ledger.ts";

test("a file of endless small items that are no records is damaged, not a quarantine without end", async () => {
  const file = join(temporaryFolder(), "zeros");
  writeFileSync(file, zstdCompressSync(Buffer.alloc(50_000_000)));
  let rejected = 0;
  const reading = await readExport(file, new Date(), [], { accept: () => undefined, reject: () => rejected++ });
  expect(reading).toMatchObject({ read: 100_000, accepted: 0, rejected: 100_000, damage: { code: "no_export", offset: 100_000 } });
  expect(rejected).toBe(100_000);
});
