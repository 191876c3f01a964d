import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { writeRequests } from "../request-exports.ts";
import { call, callProcess } from "./call.ts";

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
