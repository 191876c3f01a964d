import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { eventsOf, KEY, KEY_PEM } from "../archive/retained-archive.ts";
import { writeRequests } from "../request-exports.ts";
import { call, type CallResult } from "./call.ts";
import { sealCopies } from "../archive/sealed-at-once.ts";
import { copiesOf } from "../archived-copies.ts";
import { contentsOf } from "../keys-of.ts";

let folder: string;
let lake: FsStore;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "aperture-ledger-retention-"));
  lake = new FsStore(join(folder, "lake"));
  writeRequests(join(folder, "exports"), [
    { by: "ann@example.com", at: "2024-03-05T08:00:00Z", session: "s1" },
    { by: "bob@example.com", at: "2024-03-06T08:00:00Z", session: "s2" },
    { by: "bob@example.com", at: "2024-03-07T08:00:00Z", session: "s\u202e3" },
  ]);
  writeFileSync(join(folder, "key.pem"), KEY_PEM);
  const sources = [{ name: "prod", url: join(folder, "exports") }];
  const archive = { signing_key: join(folder, "key.pem"), retention: [{ content: "records", keep: "90 days" }] };
  writeFileSync(join(folder, "aperture-ledger.yaml"), stringify({ sources, lake: join(folder, "lake"), archive }));
  writeFileSync(join(folder, "unsigned.yaml"), stringify({ sources, lake: join(folder, "lake"), archive: { retention: archive.retention } }));
  writeFileSync(join(folder, "long.yaml"), stringify({ sources, lake: join(folder, "lake"), archive: { ...archive, retention: [{ content: "records", keep: "90 years" }] } }));
  const { code, stderr } = await ledger("run");
  if (code !== 0) throw new Error(stderr);
  await sealCopies(lake, KEY, "2024-04-01");
});
afterAll(() => rmSync(folder, { recursive: true }));

async function ledger(...args: string[]): Promise<CallResult> {
  return await call(args, { cwd: folder, env: { USER: "kim@example.com" } });
}

async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await ledger(...args, "--json");
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe("what cannot be meant is refused with a way out", () => {
  test.each<[string, string[], RegExp]>([
    ["a hold over everything", ["hold", "add", "--reason", "x"], /the selection is empty[\s\S]*at least one of caller/],
    ["a hold without a reason", ["hold", "add", "--caller", "ann@example.com"], /required option '--reason/],
    ["an empty reason", ["hold", "add", "--caller", "ann@example.com", "--reason", " "], /--reason is empty/],
    ["a day that is none", ["hold", "add", "--from", "2024-02-30", "--reason", "x"], /from "2024-02-30" is not a date or time/],
    ["an end before the beginning", ["hold", "add", "--from", "2024-03-05", "--to", "2024-03-04", "--reason", "x"], /time range from 2024-03-05 to 2024-03-04 is empty/],
    ["a gateway that nobody knows", ["hold", "add", "--instance", "lab", "--reason", "x"], /no gateway "lab"[\s\S]*gateways are prod/],
    ["a hold that nobody made", ["hold", "release", "nope", "--reason", "x"], /no hold "nope"[\s\S]*hold list/],
    ["a purge that cannot be signed", ["purge", "--apply", "--config", "unsigned.yaml"], /no key is configured[\s\S]*archive keys/],
  ])("%s", async (_name, args, message) => {
    const before = await contentsOf(lake, "");
    const { code, stdout, stderr } = await ledger("archive", ...args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
    expect(await contentsOf(lake, "")).toEqual(before);
  });
});

test("from a dry run over holds to what is left: each step says what it did", async () => {
  const before = await contentsOf(lake, "");
  const { code, stdout } = await ledger("archive", "purge");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^would purge {2}archive\/prod\/2024\/03\/06\/\S+ \(\d+ bytes\): content: records, keep: 90 days$/m);
  expect(stdout).toMatch(/^expired +3 copies of \d+ bytes, parts of 0 copies; 0 copies kept back\nby rule +3 copies of \d+ bytes with 3 requests: content: records, keep: 90 days\nwould purge /);
  expect(stdout).toMatch(/\nnothing was removed: --apply does it\n$/);
  expect(await contentsOf(lake, "")).toEqual(before);

  const ann = await json("archive", "hold", "add", "--caller", "Ann@Example.com", "--reason", "case 7");
  expect(ann).toMatchObject({ caller: "ann@example.com", by: "kim@example.com", reason: "case 7", copies: 1, instances: ["prod"], released: null });
  // The last day is meant to its end.
  const march = await json("archive", "hold", "add", "--from", "2024-03-06", "--to", "2024-03-06", "--reason", "case 8", "--by", "lee@example.com");
  expect(march).toMatchObject({ from: "2024-03-06T00:00:00.000Z", to: "2024-03-07T00:00:00.000Z", by: "lee@example.com", copies: 1 });

  expect(await json("archive", "purge")).toMatchObject({ applied: false, purges: [{ instance: "prod" }], totals: { copies: 1, kept_back: 2 } });
  const held = (await ledger("archive", "purge")).stdout;
  expect(held).toMatch(new RegExp(`^kept back +1 copy of \\d+ bytes: on hold by kim@example\\.com \\(${String(ann["id"])}\\): case 7\nkept back +1 copy of \\d+ bytes: on hold by lee@example\\.com \\(${String(march["id"])}\\): case 8\n`, "m"));
  expect(held.match(/^stays /gm)).toHaveLength(2);
  // The chain was sealed years before.
  const long = (await ledger("archive", "purge", "--config", "long.yaml")).stdout;
  expect(long).toMatch(/^expired +0 copies/m);
  expect(long).toMatch(/\nnothing has expired, so there is nothing to remove\n$/);
  const doubted = await ledger("archive", "purge", "--apply");
  expect([doubted.code, doubted.stderr]).toEqual([1, expect.stringMatching(/prod was last sealed for 2024-04-01[\s\S]*\[clock_doubtful\][\s\S]*--clock-is-right/)]);
  expect(await copiesOf(lake)).toHaveLength(3);
  const applied = await json("archive", "purge", "--apply", "--clock-is-right", "--by", "lee@example.com");
  expect(applied).toMatchObject({ applied: true, done: { purged: 1, reduced: 0, finished: 0 } });
  expect(await copiesOf(lake)).toHaveLength(2);
  expect(await eventsOf(lake, "purge")).toMatchObject([{ by: "lee@example.com", rule: "content: records, keep: 90 days" }]);

  const listed = await ledger("archive", "hold", "list");
  expect(listed.stdout).toContain(`on hold      ${String(ann["id"])}: caller ann@example.com\n`);
  expect(listed.stdout).toMatch(/by kim@example\.com: case 7\n +1 copy of prod\n/);

  expect(await json("archive", "hold", "release", String(ann["id"]), "--reason", "settled")).toMatchObject({ released: { by: "kim@example.com", reason: "settled" } });
  expect(await json("archive", "hold", "list")).toMatchObject({ holds: [{ id: ann["id"], released: { reason: "settled" } }, { id: march["id"], released: null }] });
  expect((await ledger("archive", "purge", "--apply", "--clock-is-right")).stdout).toMatch(/^done +1 copy purged/m);
  expect((await copiesOf(lake)).map((key) => key.slice(0, 23))).toEqual(["archive/prod/2024/03/07"]);

  // All three still lie at their source.
  expect(readdirSync(join(folder, "exports"))).toHaveLength(3);
  expect(await json("run")).toMatchObject({ exports: { seen: 3, ingested: 0 }, totals: { requests: 3 } });
  expect(await json("status")).toMatchObject({ exports: { waiting: 0, stale: 0, without_copy: [] } });
});

test("what a name hides is shown", async () => {
  await json("archive", "hold", "add", "--session", "s\u202e3", "--reason", "a\nb\u001b[2J");
  const { stdout } = await ledger("archive", "hold", "list");
  expect(stdout).toContain("session s[U+202E]3");
  expect(stdout).toContain("a[U+000A]b[U+001B][2J");
});
