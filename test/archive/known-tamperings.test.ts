import { beforeEach, describe, expect, test } from "vitest";
import { KNOWN_TAMPERINGS, NOW } from "./known-tamperings.ts";
import { smallArchive, type SmallArchive } from "./tampered-archive.ts";
import { found, Tampering, verify } from "./verifying.ts";

let archive: SmallArchive;

beforeEach(async () => {
  archive = await smallArchive();
});

test("there are at least 96 of them, and nothing is found before anybody tampers", async () => {
  expect(Object.keys(KNOWN_TAMPERINGS).length).toBeGreaterThanOrEqual(96);
  const { findings, notes, gateways } = await verify(archive.root, archive.sealed, { now: NOW });
  expect([findings, notes]).toEqual([[], []]);
  expect(gateways.map(({ waiting }) => waiting)).toEqual([{ exports: 0, events: 0 }, { exports: 1, events: 1 }]);
});

describe("verify names", () => {
  test.each(Object.entries(KNOWN_TAMPERINGS))("%s", async (_, tamper) => {
    const at = new Tampering(archive.root);
    const noted = archive.sealed.heads.get("prod")!.link.sha256;
    const { codes, key, head } = tamper(at, archive);
    const verified = await verify(at.root, archive.sealed, { now: NOW, ...(head === undefined ? {} : { head: noted }) });
    const said = found(verified);
    expect(codes.map((code) => `${code} ${key}`).filter((one) => said.includes(one)), said.join("\n")).not.toEqual([]);
  });

  test("what was done before a noted head as well", async () => {
    const at = new Tampering(archive.root);
    const noted = at.digest("archive/prod/_digests/2026-09-08.json");
    expect(noted.header.number).toBe(8);
    const head = (JSON.parse(at.read("archive/prod/_digests/2026-09-09.json").toString()) as { header: { previous: { sha256: string } } }).header.previous.sha256;
    KNOWN_TAMPERINGS["the newest digest lists an export with other bytes that an earlier one lists"]?.(at, archive);
    expect(found(await verify(at.root, archive.sealed, { now: NOW, head }))).toEqual(["altered archive/prod/2026/09/06/export-0.cbor.zstd", "listed_wrongly archive/prod/_digests/2026-09-10.json"]);
  });
});

test("what was purged and is back, byte for byte, is a note: it may be a removal that broke off", async () => {
  const at = new Tampering(archive.root);
  at.write("archive/prod/2026/09/02/export-0.cbor.zstd", archive.purged);
  const { findings, notes } = await verify(at.root, archive.sealed, { now: NOW });
  expect([findings, notes.map(({ key }) => key)]).toEqual([[], ["archive/prod/2026/09/02/export-0.cbor.zstd"]]);
});

test("a checkpoint that no digest lists yet can go unnoticed with all that it lists, until the next one names it", async () => {
  const at = new Tampering(archive.root);
  const { checkpoint } = archive.events;
  at.remove(checkpoint);
  expect(found(await verify(at.root, archive.sealed, { now: NOW }))).toEqual([]);
});
