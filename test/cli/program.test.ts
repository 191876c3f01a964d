import { describe, expect, test } from "vitest";
import { EXAMPLES } from "../../src/cli/examples.ts";
import { commandsIn, pathOf } from "../../src/cli/shared-options.ts";
import { call } from "./call.ts";
import { callDry, theProgram, wordsOf } from "./dry-program.ts";

const COMMANDS = commandsIn(theProgram());
const PATHS = COMMANDS.map(pathOf);

test("every command has examples, and there are no examples of others", () => {
  expect(Object.keys(EXAMPLES).toSorted()).toEqual(PATHS.toSorted());
});

test("no command repeats the examples of another, not even those of its only subcommand", () => {
  expect(new Set(Object.values(EXAMPLES).map((examples) => examples.join("\n"))).size).toBe(PATHS.length);
});

describe("the help of each command", () => {
  test.each(COMMANDS.map((command) => [pathOf(command) || "the program", command] as const))("%s: three examples that the program takes, and no option twice", async (_, command) => {
    const examples = EXAMPLES[pathOf(command)] ?? [];
    expect(new Set(examples).size).toBeGreaterThanOrEqual(3);
    for (const example of examples) {
      const { path, error } = await callDry(wordsOf(example));
      expect([example, error]).toEqual([example, undefined]);
      expect(path).toMatch(new RegExp(`^${pathOf(command)}( |$)|${pathOf(command) === "" ? "" : "^$"}`));
    }
    const help = helpOf(command, 80);
    expect(help.slice(help.indexOf("Examples:"))).toBe(`Examples:\n${examples.map((example) => `  aperture-ledger ${example}`).join("\n")}\n`);
    const options = [...help.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option]) => option);
    expect(options).toEqual([...new Set(options)]);
  });

  test.each([80, 60, 120])("fits a terminal of %i columns", (columns) => {
    const tooLong = COMMANDS.flatMap((command) => helpOf(command, columns).split("\n").filter((line) => line.length > columns && (columns >= 80 || !line.startsWith("  aperture-ledger "))));
    // A usage line with its arguments is not broken; none is longer than 60 columns.
    expect(tooLong).toEqual([]);
  });
});

/** As commander prints it at that width, with the examples after it. */
function helpOf(command: (typeof COMMANDS)[number], columns: number): string {
  let text = "";
  command.configureOutput({ writeOut: (written) => (text += written), getOutHelpWidth: () => columns });
  command.outputHelp();
  return text;
}

describe("--config", () => {
  const leaves = COMMANDS.filter((command) => command.commands.length === 0).map(pathOf);

  test.each(leaves.filter((path) => path !== "init"))("%s takes it after its name and before it, at every level", async (path) => {
    const words = wordsOf(EXAMPLES[path]?.[0] ?? "");
    const names = path.split(" ");
    for (let place = 0; place <= names.length; place++) {
      const { path: called, options, error } = await callDry([...words.slice(0, place), "--config", "x.yaml", ...words.slice(place)]);
      expect([place, called, options["config"], error]).toEqual([place, path, "x.yaml", undefined]);
    }
  });

  test("the one nearest to the command's name wins, and a flag overrides the environment wherever it stands", async () => {
    expect((await callDry(["--config", "a.yaml", "archive", "--config", "b.yaml", "verify"])).options["config"]).toBe("b.yaml");
    expect((await callDry(["--config", "a.yaml", "archive", "verify", "--config", "c.yaml"])).options["config"]).toBe("c.yaml");
    const env = { APERTURE_LEDGER_CONFIG: "environment.yaml", APERTURE_LEDGER_LAKE: "/of/the/environment" };
    const { stderr } = await call(["--config", "flag.yaml", "chargeback", "diff", "2026-09", "2026-10"], { env });
    expect(stderr).toContain("flag.yaml cannot be read");
  });

  test("init says that it reads none, and how to name the file that it writes", async () => {
    for (const words of [["init", "--config", "x.yaml"], ["--config", "x.yaml", "init"]]) {
      const { error } = await callDry(words);
      expect(error).toMatch(/init reads no configuration file/);
    }
  });
});

test("a flag of a command holds for its subcommand, and the subcommand's own overrides it", async () => {
  expect((await callDry(["limits", "--json", "--month", "2026-09", "quotas"])).options).toMatchObject({ json: true, month: "2026-09" });
  expect((await callDry(["limits", "--month", "2026-09", "quotas", "--month", "last"])).options).toMatchObject({ month: "last" });
});
