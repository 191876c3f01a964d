import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bashScript } from "../../src/cli/completion/bash-script.ts";
import { completionTree } from "../../src/cli/completion/completion-tree.ts";
import { fishScript } from "../../src/cli/completion/fish-script.ts";
import { zshScript } from "../../src/cli/completion/zsh-script.ts";
import { commandsIn, pathOf } from "../../src/cli/shared-options.ts";
import { call } from "./call.ts";
import { theProgram } from "./dry-program.ts";

const NAME = "aperture-ledger";
const TREE = completionTree(theProgram());
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aperture-ledger-test-"));
  writeFileSync(join(folder, "ledger.yaml"), "");
  writeFileSync(join(folder, "completion.bash"), bashScript(NAME, TREE));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** What bash offers for a line, whose last word is the one at the cursor. The script is sourced twice, as some login shells do. */
function askBash(lines: readonly string[][]): string[][] {
  const asks = lines.map((words) => `COMP_WORDS=(${[NAME, ...words].map((word) => JSON.stringify(word)).join(" ")}); COMP_CWORD=${String(words.length)}; _aperture_ledger; echo "\${COMPREPLY[@]} ;"`);
  const { stdout, stderr } = spawnSync("bash", ["-c", `set -u\nsource completion.bash\nsource completion.bash\n${asks.join("\n")}`], { cwd: folder, encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout.trimEnd().split("\n").map((line) => line.replace(/ ?;$/, "").split(" ").filter(Boolean));
}

test("bash completes commands, subcommands, flags, choices, months and files", () => {
  const asked: [string[], string[]][] = [
    [["arch"], ["archive"]],
    [["archive", "hold", ""], ["add", "list", "release", "--help"]],
    [["archive", "--config", "hold", "ver"], ["verify", "verify-proof"]],
    [["--config", "ledger.yaml", "chargeback", "--mo"], ["--month"]],
    [["chargeback", "--month", ""], ["last", "this"]],
    [["chargeback", "--by", ""], []],
    [["chargeback", "diff", "--exa"], ["--exact"]],
    [["ddl", "--engine", "t"], ["trino"]],
    [["ddl", "--engine", "=", "sn"], ["snowflake"]],
    [["ddl", "--engine", "="], ["athena", "trino", "spark", "clickhouse", "snowflake", "bigquery", "duckdb"]],
    [["archive", "extract", "--format", ""], ["ndjson", "export", "html", "mbox"]],
    [["run", "--config", "led"], ["ledger.yaml"]],
    [["completion", "z"], ["zsh"]],
    [["dem"], []],
  ];
  expect(askBash(asked.map(([words]) => words))).toEqual(asked.map(([, offered]) => offered));
});

describe("each script", () => {
  const scripts = { bash: bashScript(NAME, TREE), zsh: zshScript(NAME, TREE), fish: fishScript(NAME, TREE) };

  test.each(Object.entries(scripts))("of %s is what the command prints, and has every command and flag that its help shows", async (shell, script) => {
    expect((await call(["completion", shell])).stdout).toBe(script);
    for (const command of commandsIn(theProgram()).filter((one) => pathOf(one) !== "demo")) {
      expect(script).toContain(shell === "fish" ? String.raw`-n '__aperture_ledger_calls \'${pathOf(command)}\''` : shell === "zsh" ? `'${pathOf(command)}') offered=(` : `"${pathOf(command)}") words="`);
      const help = command.createHelp();
      for (const { long } of help.visibleOptions(command)) expect(script).toMatch(new RegExp(shell === "fish" ? ` -l ${long?.slice(2) ?? ""} ` : `[ "']${long ?? ""}[ ":]`));
    }
    expect(script).not.toContain("demo");
  });

  test.each(Object.entries(scripts))("of %s is in that shell's syntax, where the shell is installed", (shell, script) => {
    const { error, status, stderr } = spawnSync(shell, ["-n"], { input: script, encoding: "utf8" });
    expect(error === undefined ? [status, stderr] : [0, ""]).toEqual([0, ""]);
  });

  test("keeps quotes of descriptions from ending its own", () => {
    const odd = [{ path: "", subcommands: [{ name: "run", description: "it's: `x` $(y) \\" }], options: [], words: [] }];
    expect(zshScript("x", odd)).toContain(String.raw`'run:it'\''s: ` + "`x` $(y) \\'");
    expect(fishScript("x", odd)).toContain(String.raw`-d 'it\'s: ` + "`x` $(y) \\\\'");
  });
});

test("another shell is refused, with those that there are", async () => {
  const { code, stderr } = await call(["completion", "csh"]);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/Allowed choices are bash, zsh, fish/) as string]);
});
