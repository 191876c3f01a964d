import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { stampDigests } from "../../src/archive/stamp-digests.ts";
import { readRoots, type TrustedRoots } from "../../src/archive/timestamps/token.ts";
import { archiveLayout } from "../../src/lake/layout.ts";
import { readRootsFile } from "../../src/open/archive-settings.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { PLAIN_ARCHIVE } from "../plain-archive.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { intoFolder, SealedArchive } from "./sealed-archive.ts";
import { TimeAuthority } from "./time-authority.ts";
import { archiveOf, digestOf, found, tampered, verify } from "./verifying.ts";

let authority: TimeAuthority;
let url: string;
let roots: TrustedRoots;

beforeAll(async () => {
  authority = new TimeAuthority(mkdtempSync(join(tmpdir(), "aperture-ledger-authority-")));
  url = await authority.start();
  roots = await readRootsFile(authority.roots);
});

afterAll(() => {
  authority.stop();
  rmSync(authority.folder, { recursive: true });
});

beforeEach(() => {
  authority.status = 200;
});

const tokenOf = (date: string): string => archiveLayout.timestamp(digestOf(date));

async function stamp(root: string, readGiven = async (): Promise<TrustedRoots | undefined> => await Promise.resolve(roots)): Promise<unknown> {
  const store = new FsStore(root);
  return await stampDigests(testLedger(store, store, { work: { archiving: { ...PLAIN_ARCHIVE, timestamps: { url, readRoots: readGiven } } } }));
}

describe("sealing with a time-stamping authority", () => {
  test("keeps a token for each digest, which OpenSSL confirms, and asks for each once", async () => {
    const { root, sealed } = await archiveOf(2);
    expect(await stamp(root)).toEqual({ stamped: 2, waiting: 0, problem: null });
    for (const date of ["2026-09-01", "2026-09-02"]) expect(authority.vouchesFor(join(root, digestOf(date)), join(root, tokenOf(date)))).toBe(true);
    const { asked } = authority;
    expect(await stamp(root)).toEqual({ stamped: 0, waiting: 0, problem: null });
    expect(authority.asked).toBe(asked);
    const verified = await verify(root, sealed, { roots });
    expect(found(verified)).toEqual([]);
    expect(verified.gateways.map(({ timestamps }) => timestamps)).toEqual([{ vouched: 2, unjudged: 0, without: [] }]);
  });

  test("goes on without tokens where the authority fails, says why, and gets them from the next call", async () => {
    const { root, sealed } = await archiveOf(3);
    authority.status = 503;
    expect(await stamp(root)).toEqual({ stamped: 0, waiting: 3, problem: "HTTP 503 Service Unavailable" });
    expect((await verify(root, sealed, { roots })).gateways[0]?.timestamps).toEqual({ vouched: 0, unjudged: 0, without: ["2026-09-01", "2026-09-02", "2026-09-03"] });
    authority.status = 200;
    expect(await stamp(root)).toEqual({ stamped: 3, waiting: 0, problem: null });
  });

  test("goes on as well where a token cannot be stored", async () => {
    const { root } = await archiveOf(1);
    // A file where the folder of tokens would be.
    writeFileSync(join(root, archiveLayout.timestamps("prod").slice(0, -1)), "");
    expect(await stamp(root)).toMatchObject({ stamped: 0, waiting: 1, problem: expect.stringContaining("_timestamps") as string });
  });

  test("refuses a token that the configured roots do not vouch for, and roots that are none", async () => {
    const { root } = await archiveOf(1);
    const others = await readRootsFile(new TimeAuthority().roots);
    expect(await stamp(root, async () => await Promise.resolve(others))).toMatchObject({ stamped: 0, problem: expect.stringContaining("its certificate does not come from the given roots") as string });
    expect(await stamp(root, async () => await readRootsFile(join(authority.folder, "serial")))).toMatchObject({ stamped: 0, problem: expect.stringContaining("contains no certificate") as string });
    expect(() => readRoots("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "roots.pem")).toThrow("certificate 1 in roots.pem cannot be read");
  });
});

describe("verifying tokens", () => {
  test("names every token that was forged, exchanged, altered or made for nothing", async () => {
    const { root, sealed } = await archiveOf(2);
    await stamp(root);
    const [first, second] = [tokenOf("2026-09-01"), tokenOf("2026-09-02")];
    const bytes = readFileSync(join(root, digestOf("2026-09-01")));
    const tampering = tampered(root);
    const invalid = [`timestamp_invalid ${first}`];
    const expectFound = async (tamper: () => void, expected: string[], given: TrustedRoots | undefined = roots): Promise<void> => {
      tamper();
      expect(found(await verify(tampering.root, sealed, { roots: given }))).toEqual(expected);
      tampering.undo();
    };
    await expectFound(() => tampering.write(first, new TimeAuthority().stamp(bytes)), invalid);
    await expectFound(() => tampering.swap(first, second), [...invalid, `timestamp_invalid ${second}`]);
    await expectFound(() => tampering.swap(first, second), [...invalid, `timestamp_invalid ${second}`], undefined);
    tampering.write(first, authority.stampByOtherCertificate(bytes));
    expect((await verify(tampering.root, sealed, { roots })).findings).toEqual([expect.objectContaining({ code: "timestamp_invalid", text: expect.stringContaining("it is signed with a certificate that is not for time stamps") as string })]);
    tampering.undo();
    await expectFound(() => tampering.write(first, Buffer.alloc(0)), invalid);
    // Its last bytes are the signature.
    await expectFound(() => tampering.flip(second, 0.995), [`timestamp_invalid ${second}`]);
    await expectFound(() => tampering.copy(first, tokenOf("2026-09-07")), [`added ${tokenOf("2026-09-07")}`]);
    await expectFound(() => tampering.copy(first, `${archiveLayout.timestamps("prod")}more.txt`), [`added ${archiveLayout.timestamps("prod")}more.txt`]);
  });

  test("without roots says that nobody knows who signed", async () => {
    const { root, sealed } = await archiveOf(1);
    await stamp(root);
    const { gateways, notChecked, findings } = await verify(root, sealed);
    expect(findings).toEqual([]);
    expect(gateways[0]?.timestamps).toEqual({ vouched: 0, unjudged: 1, without: [] });
    expect(notChecked).toContain("who signed the tokens of 1 digests: no root certificates of a time-stamping authority were given (--timestamp-roots FILE)");
  });

  test("finds a digest that says it was sealed after the authority stamped it, and notes a token that came late", async () => {
    const root = temporaryFolder();
    const sealed = new SealedArchive(intoFolder(root));
    await sealed.addDays("2099-01-01", 1, ["prod"], 1);
    await stamp(root);
    expect(found(await verify(root, sealed, { roots }))).toEqual([`time_order ${digestOf("2099-01-01")}`]);
    const late = await archiveOf(1);
    await stamp(late.root);
    expect((await verify(late.root, late.sealed, { roots })).notes).toEqual([{ key: tokenOf("2026-09-01"), text: expect.stringMatching(/^was made at \S+, more than a day after its digest/) as string }]);
  });
});
