import { describe, expect, test } from "vitest";
import { archiveLayout } from "../../src/lake/layout.ts";
import { annulledBy, NOTHING_ANNULLED } from "../../src/archive/chain/annulled.ts";
import { canonicalBytes } from "../../src/archive/chain/canonical.ts";
import { type Chain, checkAgainst, checkLast, readChain, readListed } from "../../src/archive/chain/read-chain.ts";
import { addDays } from "../../src/ledger/days.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import type { ObjectEntry, ObjectStore } from "../../src/storage/object-store.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { chainOf, eventNamed, exportNamed, FIRST_DAY, KEY, type Link, linkTo, store, type Stored, TRUSTED } from "./chain-links.ts";

const hash = (digit: string): string => digit.repeat(64);
const plain = (count: number): Link[] => Array.from({ length: count }, (_, index) => ({ exports: [exportNamed(`e${String(index)}`)], events: [eventNamed(`v${String(index)}`)] }));

async function archiveOf(stored: readonly Stored[]): Promise<ObjectStore> {
  const archive = new FsStore(temporaryFolder());
  for (const { key, document } of stored) await archive.create(key, canonicalBytes(document));
  return archive;
}

async function read(stored: readonly Stored[], annulled = NOTHING_ANNULLED): Promise<Chain> {
  const archive = await archiveOf(stored);
  return await readChain(archive, "prod", await entriesOf(archive), annulled);
}

async function entriesOf(archive: ObjectStore): Promise<ObjectEntry[]> {
  const entries: ObjectEntry[] = [];
  for await (const entry of archive.list(archiveLayout.digests("prod"))) entries.push(entry);
  return entries;
}

describe("a chain that is read to be sealed upon", () => {
  test("has its links in order, its last digest and all that is listed", async () => {
    const chain = chainOf(plain(3));
    const found = await read(chain);
    expect(found.links).toEqual(chain.map(linkTo));
    expect(found.last?.key).toBe(chain[2]!.key);
    expect([...found.listed].sort()).toEqual([0, 1, 2].flatMap((index) => [exportNamed(`e${String(index)}`).key, eventNamed(`v${String(index)}`).key]).sort());
    expect(found).toMatchObject({ instance: "prod", faults: [], others: [], unjudged: [], notedUntil: undefined });
    expect(found.headers.map(({ key, sha256, header: { date } }) => [key, sha256, date])).toEqual(chain.map(({ key, sha256, document: { header: { date } } }) => [key, sha256, date]));
  });

  test("of no digests has no last", async () => {
    expect(await read([])).toMatchObject({ links: [], last: undefined, headers: [], faults: [] });
  });

  test.each<[string, (chain: Stored[]) => Stored[], RegExp]>([
    ["lies elsewhere", ([one]) => [{ ...one!, key: archiveLayout.digest("prod", addDays(FIRST_DAY, 5)) }], /: it is the digest of 2026-10-01 of prod/],
    ["is another gateway's", () => chainOf(plain(1), "east").map((one) => ({ ...one, key: one.key.replace("/east/", "/prod/") })), /: it is the digest of 2026-10-01 of east/],
    ["has a number too many", () => chainOf([{ header: { number: 2 } }]), /it is digest 2, but 0 digests precede it/],
    ["follows one that is not there", (chain) => chain.slice(0, 1).concat(chainOf([{}, { header: { previous: { ...linkTo(chain[0]!), sha256: hash("0") } } }]).slice(1)), /it does not refer to the digest before it/],
    ["follows none", () => chainOf([{}, { header: { previous: null } }]), /it does not refer to the digest before it/],
  ])("is broken where a digest %s", async (_, change, message) => {
    await expect(read(change(chainOf(plain(2))))).rejects.toThrow(expect.objectContaining({ code: "archive_broken", message: expect.stringMatching(message) as string }));
  });

  test("leaves out what was annulled, and expects what counts behind it", async () => {
    const [first, wrong] = chainOf(plain(2));
    const [, right] = chainOf([plain(1)[0]!, { exports: [exportNamed("other")] }]);
    const annulled = annulledBy([{ format: 1, kind: "annulment", id: "a", instance: "prod", at: "2026-10-03T00:00:00.000Z", by: "ann", after: "2026-10-01", reason: "clock", digests: [{ key: wrong!.key, sha256: wrong!.sha256 }] }]);
    const behind = { ...right!, key: archiveLayout.digest("prod", addDays(FIRST_DAY, 1), 2) };
    const found = await read([first!, wrong!, behind], annulled);
    expect(found.links.map(({ sha256 }) => sha256)).toEqual([first!.sha256, right!.sha256]);
    expect(found.listed.has(exportNamed("e1").key)).toBe(false);
    await expect(read([first!, wrong!, behind])).rejects.toThrow(/is the digest of/);
  });

  test("knows of each other gateway the furthest that any of its digests names", async () => {
    const east = chainOf(plain(3), "east").map(linkTo);
    const west = chainOf(plain(1), "west").map(linkTo);
    const found = await read(chainOf([{ header: { others: [east[2]!, west[0]!] } }, { header: { others: [east[1]!] } }]));
    expect(found.others).toEqual([east[2], west[0]]);
  });

  test("names of the newest digest without marks the last eight exports that have a receipt", async () => {
    const made = (names: readonly string[]): Stored["document"]["exports"] => names.map((name, index) => ({ ...exportNamed(name), receipt: index === 1 ? null : hash("a") }));
    const unmarked = (exports: Stored["document"]["exports"]): Stored => {
      const [one] = chainOf([{ exports }]);
      const { vouched: _, ...header } = one!.document.header;
      return store({ ...one!.document, header });
    };
    const names = Array.from({ length: 11 }, (_, index) => `e${String.fromCharCode(97 + index)}`);
    expect((await read([unmarked(made(names))])).unjudged).toEqual(names.filter((_, index) => index !== 1).slice(-8).map((name) => exportNamed(name).key));
    expect((await read(chainOf([{ exports: made(names) }]))).unjudged).toEqual([]);
  });

  test("knows what its digests noted last of each record, and when all were noted on their own day", async () => {
    const note = (digit: string) => ({ key: "closes/2026-09.json", sha256: hash(digit) });
    const sealed = (index: number, late = 0): string => `${addDays(FIRST_DAY, index + late)}T23:00:00.000Z`;
    const found = await read(chainOf([{ header: { records: [note("1")], sealed_at: sealed(0) } }, { header: { records: [note("2")], sealed_at: sealed(1) } }, { header: { records: [], sealed_at: sealed(2, 1) } }, { header: { sealed_at: sealed(3) } }]));
    expect([...found.noted]).toEqual([["closes/2026-09.json", { sha256: hash("2"), date: addDays(FIRST_DAY, 1) }]]);
    expect(found.notedUntil).toBe(sealed(1));
  });

  test("tells what its digests say that no true one would", async () => {
    const twice = await read(chainOf([{ exports: [exportNamed("a")] }, { exports: [exportNamed("a")] }]));
    expect(twice.faults).toMatchObject([{ code: "listed_wrongly", key: archiveLayout.digest("prod", addDays(FIRST_DAY, 1)), what: expect.stringContaining(`both list ${exportNamed("a").key}`) as string }]);
    const foreign = await read(chainOf([{ exports: [{ ...exportNamed("a"), key: "archive/east/2026/10/01/a.cbor.zstd" }] }]));
    expect(foreign.faults).toMatchObject([{ code: "listed_wrongly", what: "lists something that is not an export of its gateway" }]);
    const early = await read(chainOf([{}, { header: { sealed_at: "2026-10-01T00:00:00.000Z" } }]));
    expect(early.faults).toMatchObject([{ code: "time_order", what: "was sealed before its day" }]);
  });
});

describe("what readable digests list", () => {
  test("is all of it, with what nobody vouches for; a broken digest lists nothing", async () => {
    const chain = chainOf([{ exports: [{ ...exportNamed("a"), receipt: hash("a") }, exportNamed("b"), { ...exportNamed("c"), receipt: hash("a"), unvouched: "unsigned" }], events: [eventNamed("v")] }]);
    const archive = await archiveOf(chain);
    await archive.create(archiveLayout.digest("prod", addDays(FIRST_DAY, 3)), Buffer.from("{}"));
    const { keys, unvouched } = await readListed(archive, await entriesOf(archive));
    expect([...keys].sort()).toEqual([...["a", "b", "c"].map((name) => exportNamed(name).key), eventNamed("v").key].sort());
    expect([...unvouched]).toEqual([[exportNamed("b").key, "no_receipt"], [exportNamed("c").key, "unsigned"]]);
    const annulled = annulledBy([{ format: 1, kind: "annulment", id: "a", instance: "prod", at: "2026-10-03T00:00:00.000Z", by: "ann", after: "2026-09-01", reason: "clock", digests: [{ key: chain[0]!.key, sha256: chain[0]!.sha256 }] }]);
    expect((await readListed(archive, await entriesOf(archive), annulled)).keys.size).toBe(0);
  });
});

describe("the last digest", () => {
  const chainWith = (last: Stored | undefined): Chain => ({ instance: "prod", links: [], last, listed: new Set(), others: [], headers: [], faults: [], unjudged: [], noted: new Map(), notedUntil: undefined });
  const [one] = chainOf(plain(1));
  const archive = new FsStore("/nowhere");
  const check = (changed: Partial<Stored["document"]>, trusted: ReadonlySet<string> = TRUSTED) => () => checkLast(archive, chainWith(store({ ...one!.document, ...changed }, one!.key)), trusted);

  test("has to be what a trusted key signed, to its last entry", () => {
    expect(check({})).not.toThrow();
    expect(() => checkLast(archive, chainWith(undefined), TRUSTED)).not.toThrow();
    expect(check({ header: { ...one!.document.header, number: 2 } })).toThrow("its signature is not valid");
    expect(check({ key: null, signature: null })).toThrow("its signature is not valid");
    expect(check({}, new Set())).toThrow(`it is signed by ${KEY.publicKey}, which no rotation links to the configured key`);
    expect(check({ exports: [] })).toThrow("its lists are not what was signed");
    expect(check({ events: [] })).toThrow("its lists are not what was signed");
    expect(check({ exports: [exportNamed("other")] })).toThrow("its lists are not what was signed");
  });

  test("that another gateway's chain knows has to be there", async () => {
    const chain = await read(chainOf(plain(2)));
    const knowing = (link: Partial<Chain["links"][number]>): Chain => ({ ...chainWith(undefined), instance: "east", others: [{ ...chain.links[1]!, ...link }] });
    expect(() => checkAgainst(archive, chain, [knowing({}), knowing({ instance: "west", sha256: hash("0") })])).not.toThrow();
    expect(() => checkAgainst(archive, chain, [knowing({ sha256: hash("0") })])).toThrow(`the chain of east names it with SHA-256 ${hash("0")}`);
    expect(() => checkAgainst(archive, chain, [knowing({ number: 3, date: addDays(FIRST_DAY, 2) })])).toThrow(archiveLayout.digest("prod", addDays(FIRST_DAY, 2)));
    for (const other of [{ date: "2026-09-01" }, { number: 1 }]) expect(() => checkAgainst(archive, chain, [knowing(other)])).toThrow("names it with SHA-256");
  });
});
