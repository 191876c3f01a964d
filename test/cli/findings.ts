import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "../../src/cli/doctor/finding.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { call } from "./call.ts";

/** What `doctor` finds with that configuration. */
export async function findings(yaml: string, env: Record<string, string> = {}): Promise<{ code: number | null; found: Finding[] }> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "aperture-ledger.yaml"), yaml);
  const { code, stdout } = await call(["doctor", "--json"], { cwd: folder, env });
  return { code, found: (JSON.parse(stdout) as { findings: Finding[] }).findings };
}

/** The first finding about one thing. */
export function of(found: readonly Finding[], check: string): Finding {
  const finding = found.find((one) => one.check === check);
  if (finding === undefined) throw new Error(`no finding about ${check}`);
  return finding;
}
