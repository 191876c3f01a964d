import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Stryker } from "@stryker-mutator/core";
import { type Area, AREAS, areaNamed } from "./areas.ts";
import { judgeMutants, renderArea } from "./report.ts";

const HELP = `npm run mutants -- [area …] [options]: changes the code in one place at a time and prints which changes no test notices

areas: ${AREAS.map((area) => area.name).join(", ")}; all of them by default

  --sample <n>   mutants that are tried in each area; 100 by default
  --seed <n>     which ones; 1 by default
  --file <name>  only files whose path ends with this name

Ends with 0 where at least 90 % die in each area.
`;

const WRONG_CALL = 2;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    file: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else if (![values.sample, values.seed].every((text) => /^\d+$/.test(text)) || positionals.some((name) => !AREAS.some((area) => area.name === name))) {
  process.stderr.write(HELP);
  process.exitCode = WRONG_CALL;
} else process.exitCode = await tryAreas(positionals.length === 0 ? AREAS : positionals.map(areaNamed));

async function tryAreas(areas: readonly Area[]): Promise<number> {
  let passed = true;
  for (const area of areas) {
    const judged = judgeMutants(await runArea(area));
    console.log(renderArea(area.name, judged, { sample: values.sample, seed: values.seed }));
    passed &&= judged.passed;
  }
  return passed ? 0 : 1;
}

/** StrykerJS starts processes of its own; they learn the area and the sample from the environment. */
async function runArea(area: Area): ReturnType<Stryker["runMutationTest"]> {
  process.env["MUTANTS_AREA"] = area.name;
  process.env["MUTANTS_SAMPLE"] = values.sample;
  process.env["MUTANTS_SEED"] = values.seed;
  // Of a property that runs thousands of times, one mutant after the other gets the runs that find most faults.
  process.env["FUZZ_MOST"] ||= "60";
  // The tests run on a copy of the project, from which the fixtures beside it are not found.
  process.env["APERTURE_FIXTURES"] ||= join(import.meta.dirname, "../../../shared/fixtures");
  const folder = mkdtempSync(join(tmpdir(), "aperture-ledger-mutants-"));
  try {
    return await new Stryker({
      testRunner: "vitest",
      vitest: { configFile: "test/mutants/vitest.config.ts", related: false },
      plugins: ["@stryker-mutator/vitest-runner", join(import.meta.dirname, "sample-checker.ts")],
      checkers: ["sample"],
      coverageAnalysis: "perTest",
      ignoreStatic: true,
      mutate: values.file === undefined ? [...area.sources] : area.sources.map((glob) => `${glob.slice(0, glob.lastIndexOf("/"))}/${values.file}`),
      mutator: { excludedMutations: ["StringLiteral", "Regex", "OptionalChaining"] },
      concurrency: 1,
      reporters: ["progress-append-only"],
      tempDirName: folder,
      // StrykerJS rewrites this file with the API of TypeScript, which version 7 has no longer; nothing in the copy needs it.
      tsconfigFile: "none.json",
      dryRunTimeoutMinutes: 30,
      // A busy machine is no endless loop: a mutant that is only slow must not count as dead.
      timeoutMS: 60_000,
      timeoutFactor: 4,
      ignorePatterns: ["/docs", "/demo"],
    }).runMutationTest();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
