import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { expect, test } from "vitest";
import { finding } from "../../src/archive/verifier/finding.ts";
import type { Verification } from "../../src/archive/verifier/verification.ts";
import { renderCertificate } from "../../src/cli/commands/render-certificate.ts";
import { findFaintTexts, findObstacles, measureOverflow } from "../chargeback/page-inspection.ts";
import { CHROMIUM_ARGUMENTS, chromiumPath } from "../services/chromium.ts";
import { temporaryFolder } from "../test-ledger.ts";

const HEAD = "a".repeat(64);
const GOOD: Verification = {
  archive: "s3://acme-archive",
  checkedAt: "2026-11-30T04:00:00.000Z",
  publicKey: "given-key",
  trustedKeys: ["given-key", "linked-key"],
  objectLock: "on",
  sample: null,
  gateways: [{
    instance: "prod", digests: 3, first: "2026-11-28", last: "2026-11-30", head: HEAD, events: 2, exports: { listed: 1234, purged: 5, hashed: 1229 }, receipts: 1234, protections: 1200,
    waiting: { exports: 0, events: 1 }, timestamps: { vouched: 2, unjudged: 0, without: ["2026-11-30"] }, last_verified: { at: "2026-11-23T04:00:00.000Z", by: "ann@example.com", whole: true, findings: 0 },
  }],
  derived: null,
  replica: null,
  findings: [],
  notes: [],
  notChecked: [],
};
const CERTIFIED = { version: "1.2.3", host: "audit-1", call: ["archive", "verify", "--archive", "s3://acme-archive", "--public-key", "key of us.pem"], head: undefined, instance: undefined };

async function certificate(changes: Partial<Verification> = {}): Promise<{ page: string; text: string }> {
  const page = await renderCertificate({ ...GOOD, ...changes }, CERTIFIED);
  return { page, text: page.replace(/<style>.*?<\/style>/s, "").replaceAll(/<[^>]*>/g, " ").replaceAll("&#39;", "'").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll(/\s+/g, " ") };
}

test("a certificate says what was verified, with what, and how to repeat it", async () => {
  const { page, text } = await certificate();
  for (const said of [
    "PASS Nothing is missing or altered.", "Archive s3://acme-archive", "2026-11-30 04:00:00 UTC", "aperture-ledger 1.2.3 on the machine audit-1", "Given key given-key", "link to it linked-key",
    "Write-once Object Lock is on; the lock or hold of 1,200 objects was compared", "Gateway prod", "3 digests, 2026-11-28 to 2026-11-30", `SHA-256 ${HEAD}`, "1,234 listed, 1,229 read, 5 purged",
    "2 digests with a good token of a time-stamping authority, 0 with one whose signer is not known, 1 without", "2026-11-23T04:00:00.000Z by ann@example.com, the whole archive: 0 findings", "Nothing was found.",
    `aperture-ledger archive verify --archive s3://acme-archive --public-key 'key of us.pem' --head ${HEAD}`,
  ]) expect(text).toContain(said);
  expect(page).toContain("content=\"default-src &#39;none&#39;; style-src &#39;sha256-");
  expect(page).not.toMatch(/<script|https?:|url\(|@import/i);
  expect((await certificate()).page).toBe(page);
});

test("the verdict is PASS only where all was checked, and FAIL where anything was found", async () => {
  const part = await certificate({ notChecked: ["the lake"], objectLock: "none" });
  expect(part.text).toContain("PASS IN WHAT WAS CHECKED Nothing is missing or altered in what was checked. What was not checked: the lake");
  expect(part.text).toContain("Write-once no: this store has no locks");
  const found = Array.from({ length: 203 }, (_, index) => finding("deleted", { instance: "prod", key: `archive/prod/${String(index)}`, what: "is missing" }));
  const failed = await certificate({ findings: found, notChecked: ["the lake"], objectLock: "off" });
  expect(failed.text).toContain("FAIL 203 findings.");
  expect(failed.text).toContain("and 3 more, which the report of --report has");
  expect(failed.text).toContain("the bucket has no Object Lock");
  expect(failed.page).toContain("archive/prod/199 is missing");
  expect(failed.page).not.toContain("archive/prod/200 is missing");
});

test("hostile names are shown as text, with what is invisible in them spelt out", async () => {
  const key = "archive/prod/<script>alert(1)</script>\u202egnp.\n'";
  const { page, text } = await certificate({ archive: "file:///a<b>", findings: [finding("added", { instance: "prod", key, what: "is there" })], notes: [{ key, text: key }] });
  expect(page).not.toContain("<script");
  expect(text).toContain("archive/prod/<script>alert(1)</script>[U+202E]gnp.[U+000A]' is there");
  expect(text).toContain("file:///a<b>");
});

test("with several gateways each head has a call of its own", async () => {
  const [prod] = GOOD.gateways;
  const { text } = await certificate({ gateways: [prod!, { ...prod!, instance: "eu", head: "b".repeat(64) }] });
  expect(text).toContain(`--instance prod --head ${HEAD}`);
  expect(text).toContain(`--instance eu --head ${"b".repeat(64)}`);
});

test("a certificate can be read on a phone and by everybody, and its policy lets its own style through", async () => {
  const file = join(temporaryFolder(), "certificate.html");
  const key = `archive/prod/2026/11/28/${"x".repeat(150)}.cbor.zstd`;
  writeFileSync(file, (await certificate({ findings: [finding("altered", { instance: "prod", key, what: "is not as listed", expected: HEAD, found: "b".repeat(64) })], notChecked: ["the lake"] })).page);
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: [...CHROMIUM_ARGUMENTS] });
  try {
    const page = await browser.newPage({ viewport: { width: 360, height: 740 } });
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    await page.goto(`file://${file}`);
    expect(complaints).toEqual([]);
    expect(await measureOverflow(page)).toBe(0);
    expect(await findFaintTexts(page)).toEqual([]);
    expect(await findObstacles(page)).toEqual([]);
  } finally {
    await browser.close();
  }
});
