import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");

interface Probe {
  place: string;
  text: string;
}

function importing(place: string, what: string): Probe {
  return { place, text: `import * as probe from "${what}";\n\nexport const probed = probe;\n` };
}

const FORBIDDEN: [string, string][] = [
  ["src/lake", "../cli/settings.ts"],
  ["src/lake", "../config.ts"],
  ["src/lake", "../aperture/read-export.ts"],
  ["src/lake", "../usage/normalise.ts"],
  ["src/aperture", "../../jobs/run-once.ts"],
  ["src/aperture", "../lake/layout.ts"],
  ["src/usage", "../aperture/timestamp.ts"],
  ["src/archive", "../lake/layout.ts"],
  ["src/archive", "../completeness/record-ids.ts"],
  ["src/archive/verify", "../../cli/settings.ts"],
  ["src/archive/verify", "../../queue/open-queues.ts"],
  ["src/archive/verify", "../../config.ts"],
  ["src/archive/verify", "../../usage/normalise.ts"],
  ["src/archive/retention", "../../cli/settings.ts"],
  ["src/archive/retention", "../../config/archive-section.ts"],
  ["src/archive/retention", "../../allocation/directory.ts"],
  ["src/archive/retention", "../verify/finding.ts"],
  ["src/archive/chain", "../verify/finding.ts"],
  ["src/lake", "../completeness/record-ids.ts"],
  ["src/completeness", "../lake/export-manifest.ts"],
  ["src/completeness", "../aperture/check-record.ts"],
  ["src/completeness", "../cli/settings.ts"],
  ["src/completeness", "../queue/open-queues.ts"],
  ["src/completeness", "../config.ts"],
  ["src/prices", "../lake/usage-columns.ts"],
  ["src/lake", "../prices/price-days.ts"],
  ["src/chargeback", "../lake/layout.ts"],
  ["src/reconciliation", "../prices/token-rules.ts"],
  ["src/reconciliation", "../usage/model-name.ts"],
  ["src/reconciliation/bills", "../../lake/layout.ts"],
  ["src/chargeback", "../reconciliation/bill.ts"],
  ["src/limits", "../allocation/settings.ts"],
  ["src/limits", "../lake/layout.ts"],
  ["src/limits/quotas", "../../lake/layout.ts"],
  ["src/limits/quotas", "../../usage/normalise.ts"],
  ["src/simulate", "../aperture/timestamp.ts"],
  ["src/storage", "../money.ts"],
  ["src/storage", "../lake/layout.ts"],
  ["src/queue", "../cli/settings.ts"],
  ["src/queue", "../http/serve-http.ts"],
  ["src/http", "../queue/open-queues.ts"],
  ["src/http", "../cli/settings.ts"],
  ["jobs", "../src/config/reading/settings.ts"],
  ["jobs", "../src/config/config.ts"],
  ["jobs/archive", "../../src/cli/settings.ts"],
  ["jobs/archive/verifying", "../../../src/cli/settings.ts"],
  ["jobs/archive/retention", "../../../src/queue/open-queues.ts"],
  ["jobs/archive/erasure", "../../../src/config.ts"],
  ["jobs/archive/sealing", "../../../src/config/archive-section.ts"],
  ["jobs/archive/sealing", "../seal-archive.ts"],
];
const ALLOWED: [string, string][] = [
  ["src/lake", "../money.ts"],
  ["src/lake", "../storage/object-store.ts"],
  ["src/lake", "../usage/usage-record.ts"],
  ["src/limits/quotas", "../../usage/gateway-access.ts"],
  ["jobs", "../src/lake/layout.ts"],
  ["src/archive/verify", "../chain/digest.ts"],
  ["src/archive/verify", "../../storage/object-store.ts"],
  ["jobs/archive/sealing", "../archiving.ts"],
  ["jobs/archive/sealing", "../../../src/lake/layout.ts"],
  ["src/cli", "../../jobs/run-once.ts"],
];
const lines = (count: number): string => Array.from({ length: count }, (_, i) => `export const line${i} = ${i};`).join("\n");

const PROBES: Record<string, Probe> = {
  ...Object.fromEntries([...FORBIDDEN, ...ALLOWED].map(([place, what]) => [`${place} ${what}`, importing(place, what)])),
  "long in src": { place: "src/lake", text: lines(301) },
  "long in test": { place: "test", text: lines(301) },
  "just short enough": { place: "src/lake", text: lines(300) },
  "written any": { place: "src/lake", text: "export const parsed: any = 1;\n" },
  "inferred any": { place: "src/lake", text: "export const parsed: string = JSON.parse('1');\n" },
  "promise nobody waits for": { place: "src/lake", text: "export function begin(): void {\n  Promise.resolve(1);\n}\n" },
};

describe("the project's lint", () => {
  let complaints: Map<string, string[]>;
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "aperture-ledger-lint-"));
    for (const file of [".oxlintrc.json", "tsconfig.json"]) cpSync(join(ROOT, file), join(folder, file));
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    complaints = lint(folder, PROBES);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(FORBIDDEN)("does not let %s import %s", (place, what) => {
    expect(complaints.get(`${place} ${what}`)).toContain("eslint(no-restricted-imports)");
  });

  test.each(ALLOWED)("lets %s import %s", (place, what) => {
    expect(complaints.get(`${place} ${what}`)).not.toContain("eslint(no-restricted-imports)");
  });

  test("fails on files past 300 lines", () => {
    expect(complaints.get("long in src")).toContain("eslint(max-lines)");
    expect(complaints.get("long in test")).toContain("eslint(max-lines)");
    expect(complaints.get("just short enough")).not.toContain("eslint(max-lines)");
  });

  test("fails on any, written or inferred, and on promises nobody waits for", () => {
    expect(complaints.get("written any")).toContain("typescript(no-explicit-any)");
    expect(complaints.get("inferred any")).toContain("typescript(no-unsafe-assignment)");
    expect(complaints.get("promise nobody waits for")).toContain("typescript(no-floating-promises)");
  });
});

/** Codes of what the project's lint says of each probe, were it a file of the project at that place. */
function lint(folder: string, probes: Record<string, Probe>): Map<string, string[]> {
  const names = new Map<string, string>();
  for (const [index, [name, { place, text }]] of Object.entries(probes).entries()) {
    const file = join(place, `probe-${index}.ts`);
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
    names.set(file, name);
  }
  const oxlint = join(ROOT, "node_modules/.bin/oxlint");
  const { stdout } = spawnSync(oxlint, ["--format", "json"], { cwd: folder, encoding: "utf8", maxBuffer: 1 << 28 });
  const found = new Map<string, string[]>([...names.values()].map((name) => [name, []]));
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string; filename: string }[] };
  for (const { code, filename } of diagnostics) found.get(names.get(filename) ?? "")?.push(code);
  return found;
}
