import { join } from "node:path";
import { rewriteExport, type Treatment } from "../../aperture/rewrite/rewrite-export.ts";
import type { EventOf } from "../chain/event.ts";
import type { Hold } from "../retention/hold.ts";
import { rulesOf } from "../retention/expiry.ts";
import { type Fate, judge } from "../retention/verdict.ts";
import { layout } from "../../lake/layout.ts";
import type { KnownExport } from "../../lake/ledger-state.ts";
import { publishFile } from "../../lake/publish.ts";
import { sha256OfFile } from "../../storage/file-digest.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import { describeHolds, type Planning } from "./plan-purge.ts";
import type { PlannedReduction } from "./purge-plan.ts";
import { weighCopy } from "./weigh-copy.ts";

/**
 * Writes a copy anew without what has expired and puts it aside; says what an event has to tell of it, or why the copy stays.
 * @param holds those over its gateway.
 */
export async function reduceCopy(
  ledger: Planning,
  known: KnownExport | undefined,
  { instance, key, size, sha256 }: PlannedReduction,
  { now, holds }: { now: Date; holds: readonly Hold[] },
): Promise<EventOf<"reduction">["objects"][number] | string> {
  if (known === undefined) return "no manifest tells of it";
  return await withWorkspace(async (workspace) => {
    const file = join(workspace, "copy");
    const out = join(workspace, "reduced");
    if ((await ledger.stores.archive.download(key, file)).sha256 !== sha256) return "it is not what the digests say: see aperture-ledger archive verify";
    const { fates, rest, holds: holding } = await weighCopy(ledger, known, file, { rules: rulesOf(ledger.work.archiving.retention, instance), holds, now });
    if (holding.length > 0) return describeHolds(holding);
    if (rest !== undefined) return "it is damaged: written anew it would lose what lies behind the damage";
    // Where all of it has expired meanwhile the next run purges it.
    if (judge(fates, () => false).what !== "reduce") return "it has changed";
    const { removed, bodiesDropped } = await rewriteExport(file, out, (position) => treatmentOf(fates[position] ?? null));
    const content = { size, sha256 };
    // That there was nothing to leave out is declared as well: nobody has to look again.
    if ((await sha256OfFile(out)) === sha256) return { key, before: content, after: content, records_removed: 0, bodies_removed: 0 };
    const after = await publishFile(ledger.stores.lake, layout.stagedCopy(key), out);
    return { key, before: content, after: { size: after.size, sha256: after.sha256 }, records_removed: removed, bodies_removed: bodiesDropped };
  });
}

function treatmentOf(fate: Fate | null): Treatment {
  if (fate === null) return "keep";
  return fate.content === "records" ? "remove" : "drop_bodies";
}
