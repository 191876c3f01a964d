import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { exportManifest } from "../../src/lake/landing/export-manifest.ts";
import { readJson } from "../../src/lake/json-object.ts";
import * as cbor from "../aperture/cbor-build.ts";
import { sampleRecord } from "../aperture/sample-record.ts";
import type { QuarantineLine } from "../quarantine-line.ts";
import { ledgerOfTwo, nameOf, namesLogin } from "./erasing.ts";

const CAROL = "carol@example.com";
const STEM = nameOf(3).replace(".cbor.zstd", "");

/** A ledger with one export more, in which every record of Carol is quarantined. */
async function withCarol() {
  const erasing = await ledgerOfTwo();
  const record = sampleRecord({
    id: cbor.integer(20), capture_id: cbor.text("cap-20"), identity: cbor.map([["login_name", cbor.text("Carol@example.com")]]), timestamp: cbor.text("never"),
    estimated_cost: cbor.map([["dollars", cbor.integer(7)]]),
  });
  writeFileSync(join(erasing.source, nameOf(3)), zstdCompressSync(record));
  await erasing.run();
  return erasing;
}

test("a caller all of whose records are quarantined is erased from the copy and from the quarantine, and the dollars stay", async () => {
  const erasing = await withCarol();
  expect(await namesLogin(erasing.lake, erasing.place, CAROL)).toHaveLength(2);
  const { pseudonym, exports } = await erasing.erase({ login: CAROL });
  expect(exports.map(({ copy }) => copy)).toEqual(["reduced"]);
  await erasing.run();
  expect(await namesLogin(erasing.lake, erasing.place, CAROL)).toEqual([]);
  const line = JSON.parse(Buffer.from(await erasing.lake.read(`quarantine/prod/${STEM}.ndjson`)).toString()) as QuarantineLine;
  expect(line).toMatchObject({ caller: pseudonym, cost_usd: "7.000000000" });
  const { quarantine } = await readJson(erasing.lake, `_ledger/exports/prod/${STEM}.json`, exportManifest);
  expect(quarantine?.readable).toMatchObject({ records: 1, cost_usd: "7.000000000", more_callers: false });
  expect(await erasing.erase({ login: CAROL })).toMatchObject({ recorded: [], exports: [{ copy: "done" }] });
});

test("a manifest has no name of a caller in quarantine", async () => {
  const erasing = await withCarol();
  const manifest = Buffer.from(await erasing.lake.read(`_ledger/exports/prod/${STEM}.json`)).toString();
  expect(manifest).not.toContain(CAROL);
  expect(JSON.parse(manifest)).toMatchObject({ quarantine: { readable: { callers: [expect.stringMatching(/^[0-9a-f]{12}$/)] } } });
});
