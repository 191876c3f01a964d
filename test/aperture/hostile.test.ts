import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, it } from "vitest";
import { describeWithFixtures, fixture } from "../fixtures.ts";
import { MOST_MIB, readInChild } from "./child-reading.ts";
import { EXPORT_SECONDS } from "./sample-record.ts";

interface Expected {
  valid: number;
  quarantined: number;
  damaged: boolean;
  why: string;
}

describeWithFixtures("hostile export files", () => {
  const folder = fixture("hostile") ?? "";
  const suffix = ".cbor.zstd";
  const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as Record<string, Expected>;
  const files = readdirSync(folder).filter((file) => file.endsWith(suffix));

  it("are all of those that something is expected of", () => {
    expect(files.map((file) => basename(file, suffix)).sort()).toEqual(Object.keys(expected).sort());
  });

  it.each(Object.entries(expected))("%s", async (name, { valid, quarantined, damaged, why }) => {
    const found = await readInChild(join(folder, name + suffix), `ts-aperture-export-${String(EXPORT_SECONDS)}${suffix}`);

    const { accepted, rejected, read, damage } = found;
    expect({ valid: accepted, quarantined: rejected, read, damaged: damage !== null, why }).toEqual({
      valid, quarantined, read: valid + quarantined, damaged, why,
    });
    expect(found.residentMiB).toBeLessThan(MOST_MIB);
  });
});
