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
  ["src/ledger", "../storage/object-store.ts"],
  ["src/ledger/names", "../../lake/layout.ts"],
  ["src/config", "../storage/object-store.ts"],
  ["src/config/sections", "../../allocation/settings/settings.ts"],
  ["src/storage", "../lake/layout.ts"],
  ["src/storage/s3", "../../lake/layout.ts"],
  ["src/aperture/reader", "../../lake/layout.ts"],
  ["src/aperture/gateway", "../../ingest/normaliser/normalise.ts"],
  ["src/aperture/reader", "../../run/run-once.ts"],
  ["src/lake", "../config/config.ts"],
  ["src/lake/days", "../../aperture/reader/read-export.ts"],
  ["src/lake/days", "../../prices/list/price-days.ts"],
  ["src/lake/records", "../../completeness/record-ids.ts"],
  ["src/lake", "../cli/main.ts"],
  ["src/simulate", "../aperture/reader/timestamp.ts"],
  ["src/ingest/normaliser", "../../prices/list/price-days.ts"],
  ["src/prices/list", "../../allocation/settings/settings.ts"],
  ["src/limits/budgets", "../../allocation/settings/settings.ts"],
  ["src/limits/quotas", "../../chargeback/report/report.ts"],
  ["src/chargeback/report", "../../reconciliation/comparison/bill.ts"],
  ["src/chargeback/page", "../../allocation/settings/settings.ts"],
  ["src/reconciliation/comparison", "../../prices/list/token-rules.ts"],
  ["src/reconciliation/bills", "../../config/config.ts"],
  ["src/allocation/shares", "../../open/ledger.ts"],
  ["src/archive/chain", "../../lake/ledger-state.ts"],
  ["src/archive/chain", "../../aperture/reader/read-export.ts"],
  ["src/archive/chain", "../verifier/finding.ts"],
  ["src/archive/copies", "../verifier/finding.ts"],
  ["src/archive/retention", "../verifier/finding.ts"],
  ["src/archive/retention", "../../config/config.ts"],
  ["src/archive/retention", "../../allocation/settings/directory.ts"],
  ["src/archive/verifier", "../../lake/json-object.ts"],
  ["src/archive/verifier", "../../queue/open-queues.ts"],
  ["src/archive/verifier", "../../ingest/normaliser/normalise.ts"],
  ["src/archive/sealing", "../../queue/open-queues.ts"],
  ["src/archive/purging", "../../open/open-ledger.ts"],
  ["src/archive", "../config/config.ts"],
  ["src/chargeback/closing", "../../cli/main.ts"],
  ["src/limits/delivering", "../../http/serve-http.ts"],
  ["src/completeness", "../cli/main.ts"],
  ["src/run", "../queue/open-queues.ts"],
  ["src/open", "../cli/main.ts"],
  ["src/open", "../queue/open-queues.ts"],
  ["src/queue", "../../jobs/job-handlers.ts"],
  ["src/queue", "../http/serve-http.ts"],
  ["src/queue", "../cli/main.ts"],
  ["src/http", "../queue/open-queues.ts"],
  ["src/http", "../cli/main.ts"],
  ["jobs", "../src/cli/main.ts"],
  ["jobs", "../src/http/serve-http.ts"],
];
const ALLOWED: [string, string][] = [
  ["src/lake", "../ledger/money.ts"],
  ["src/lake/days", "../../storage/object-store.ts"],
  ["src/lake/landing", "../../ledger/usage/usage-record.ts"],
  ["src/limits/quotas", "../../ledger/gateway/gateway-access.ts"],
  ["src/limits/quotas", "../../lake/layout.ts"],
  ["src/limits/checking", "../../allocation/settings/settings.ts"],
  ["src/limits", "../open/ledger.ts"],
  ["src/archive/verifier", "../chain/digest.ts"],
  ["src/archive/verifier", "../../storage/object-store.ts"],
  ["src/archive/verifier", "../../lake/layout.ts"],
  ["src/archive/sealing", "../../open/ledger.ts"],
  ["src/archive/sealing", "../../lake/layout.ts"],
  ["src/archive/purging", "../../allocation/settings/directory.ts"],
  ["jobs", "../src/lake/layout.ts"],
  ["jobs", "../src/queue/job-handler.ts"],
  ["src/cli", "../run/run-once.ts"],
  ["src/cli/commands", "../../../jobs/job-handlers.ts"],
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
    for (const file of ["oxlint.config.ts", "tsconfig.json", "package.json"]) cpSync(join(ROOT, file), join(folder, file));
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
