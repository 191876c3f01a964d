import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { expect, test } from "vitest";
import { openAllowedLogins } from "../../src/http/allow-list.ts";
import { temporaryFolder } from "../test-ledger.ts";

const SILENT = pino({ level: "silent" });

test("who leaves a group is shut out with the next reading, and who joins is let in", async () => {
  const policy = join(temporaryFolder(), "policy.hujson");
  writeFileSync(policy, '{"groups": {"group:eng": ["ann@example.com", "bob@example.com"]}}');
  const allowed = await openAllowedLogins(["group:eng", "Zoe@example.com"], policy, SILENT);
  const seen = allowed!.logins;
  writeFileSync(policy, '{"groups": {"group:eng": ["Bob@example.com", "cleo@example.com"]}}');
  await allowed!.readAgain();
  expect([...seen].sort()).toEqual(["bob@example.com", "cleo@example.com", "zoe@example.com"]);
  allowed!.stop();
});

test("a policy that cannot be read keeps members for an hour, then only those whom http.allow names, until it can be read", async () => {
  const policy = join(temporaryFolder(), "policy.hujson");
  const write = (): void => writeFileSync(policy, '{"groups": {"group:eng": ["ann@example.com"]}}');
  write();
  const allowed = await openAllowedLogins(["group:eng", "zoe@example.com"], policy, SILENT);
  rmSync(policy);
  for (let reading = 1; reading < 12; reading++) await allowed!.readAgain();
  expect(allowed!.logins).toContain("ann@example.com");
  await allowed!.readAgain();
  expect([...allowed!.logins]).toEqual(["zoe@example.com"]);
  write();
  await allowed!.readAgain();
  expect(allowed!.logins).toContain("ann@example.com");
  allowed!.stop();
});

test("there is nothing to keep without an allow list", async () => {
  expect(await openAllowedLogins(undefined, undefined, SILENT)).toBeNull();
});
