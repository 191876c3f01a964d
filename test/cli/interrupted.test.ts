import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { writeRequests } from "../request-exports.ts";
import { temporaryFolder } from "../test-ledger.ts";

const START = join(import.meta.dirname, "../../src/cli/start.js");

/** Presses Ctrl-C on a terminal once the command shows that text there. */
async function interruptAt(text: string, args: readonly string[]): Promise<{ code: number | null; shown: string }> {
  const command = [process.execPath, START, ...args].join(" ");
  const child = spawn("script", ["-qec", `stty cols 100; ${command}`, "/dev/null"], { stdio: ["pipe", "pipe", "inherit"] });
  let shown = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    const isFirst = !shown.includes(text);
    shown += piece;
    if (isFirst && shown.includes(text)) child.stdin.write("\x03");
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, shown };
}

describe("Ctrl-C while a spinner shows", () => {
  test("ends a run at once with 130", async () => {
    const [source, lake] = [temporaryFolder(), temporaryFolder()];
    const days = Array.from({ length: 300 }, (_, day) => new Date(Date.UTC(2026, 0, 1 + day, 10)).toISOString());
    writeRequests(source, days.map((at) => ({ by: "ann@example.com", at })));
    const { code, shown } = await interruptAt("ingesting exports", ["run", "--source", source, "--lake", lake]);
    expect(shown).toContain("ended by Ctrl-C: everything written so far is whole and kept; call the same command again to continue");
    expect(code).toBe(130);
    expect(shown).not.toContain("ledger    ");
  });

  test("ends any other command that shows one", async () => {
    const { code, shown } = await interruptAt("simulating days", ["simulate", "--out", temporaryFolder(), "--days", "60", "--records", "100000"]);
    expect(shown).toContain("ended by Ctrl-C");
    expect(code).toBe(130);
  });
});
