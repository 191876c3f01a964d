import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { writeRequests } from "../request-exports.ts";
import { call, callInShell, callProcess } from "./call.ts";

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "aperture-ledger-test-"));
  writeRequests(join(folder, "exports"), [{ by: "ann@example.com", at: "2026-10-05T12:00:00Z", dollars: 8 }]);
  const config = { sources: [{ name: "prod", url: join(folder, "exports") }], lake: join(folder, "lake"), directory: { teams: [{ name: "web", members: ["*"] }] } };
  writeFileSync(join(folder, "aperture-ledger.yaml"), stringify(config));
  const { code, stderr } = await callProcess(["run"], { cwd: folder });
  if (code !== 0) throw new Error(stderr);
});
afterAll(() => rmSync(folder, { recursive: true }));

const MONTH = ["--month", "2026-10"];

/** Other tests call commands in a process that has run others before. Here both are compared. */
test.each<[number, string[]]>([
  [0, ["--help"]],
  [0, ["config", "schema"]],
  [0, ["status"]],
  [0, ["limits", "--json"]],
  [0, ["explain", ...MONTH, "--team", "web"]],
  [0, ["chargeback", ...MONTH, "--json"]],
  [2, ["prices", "check", ...MONTH]],
  [2, ["status", "--jso"]],
  [2, ["reconcile", ...MONTH, "--bill", "nowhere.csv"]],
  [2, ["explain", ...MONTH, "--team", "nobody"]],
  [1, ["run", "--source", "/nowhere/exports"]],
])("exits with %i, says the same and ends in a process of its own: %j", async (code, args) => {
  const [own, resident] = await Promise.all([callProcess(args, { cwd: folder }), call(args, { cwd: folder })]);
  expect(own).toEqual(resident);
  expect(own.code).toBe(code);
});

describe("an output that is gone", () => {
  test("ends no command half-way: the report is made although nobody reads what is printed first", async () => {
    const lastMonth = new Date();
    lastMonth.setUTCDate(0);
    writeRequests(join(folder, "late"), [{ by: "ann@example.com", at: lastMonth.toISOString(), dollars: 8 }]);
    const { code, stderr } = await callInShell("$LEDGER run --source late --lake late-lake > first.txt && { $LEDGER chargeback --lake late-lake | true; exit ${PIPESTATUS[0]}; }", { cwd: folder });
    expect([code, stderr.includes("error")]).toEqual([0, false]);
    expect(existsSync(join(folder, "late-lake/reports", lastMonth.toISOString().slice(0, "YYYY-MM".length), "chargeback.html"))).toBe(true);
  });

  test("does not change the exit code of a mistake", async () => {
    expect((await callInShell("$LEDGER status --jso 2>&1 | true; exit ${PIPESTATUS[0]}", { cwd: folder })).code).toBe(2);
  });

  test("that is a full disk is an error, and no mistake of the program", async () => {
    const { code, stderr } = await callInShell("$LEDGER status > /dev/full", { cwd: folder });
    expect([code, stderr.split("\n").filter((line) => !line.startsWith("{"))]).toEqual([1, [
      "error: standard output cannot be written: ENOSPC: no space left on device, write [file_unwritable]",
      "       the command ended, but what it printed is incomplete: make room and call it again",
      "",
    ]]);
  });
});
