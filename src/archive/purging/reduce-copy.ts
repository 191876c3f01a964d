import { join } from "node:path";
import { rewriteExport, type Treatment } from "../../aperture/rewrite/rewrite-export.ts";
import type { EventOf } from "../chain/event.ts";
import type { Hold } from "../retention/hold.ts";
import { rulesOf } from "../retention/expiry.ts";
import { type ExpiredPart, decideOn } from "../retention/verdict.ts";
import { layout } from "../../lake/layout.ts";
import type { KnownExport } from "../../lake/ledger-state.ts";
import { publishFile } from "../../lake/publish.ts";
import { sha256OfFile } from "../../storage/file-digest.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import type { Planning } from "./open-gateways.ts";
import type { Cause, PlannedReduction } from "./purge-plan.ts";
import { inspectCopy } from "./inspect-copy.ts";

/**
 * Rewrites a copy without what has expired and stages it. Returns its entry for the event, or why the copy stays.
 * @param holds holds on its gateway.
 */
export async function reduceCopy(
  ledger: Planning,
  known: KnownExport | undefined,
  { instance, key, size, sha256 }: PlannedReduction,
  { now, holds }: { now: Date; holds: readonly Hold[] },
): Promise<EventOf<"reduction">["objects"][number] | Cause> {
  if (known === undefined) return stay("it has no manifest");
  return await withWorkspace(async (workspace) => {
    const file = join(workspace, "copy");
    const out = join(workspace, "reduced");
    if ((await ledger.stores.archive.download(key, file)).sha256 !== sha256) return stay("it is not what the digests say: see aperture-ledger archive verify");
    const inspected = await inspectCopy(ledger, known, file, { rules: rulesOf(ledger.work.archiving.retention, instance), holds });
    if (inspected.holds.length > 0) return { kind: "hold", holds: inspected.holds };
    const { expiredParts, rest } = inspected.expiredAt(now);
    if (rest !== undefined) return stay("it is damaged: rewriting it would lose what follows the damage");
    // If all of it has expired in the meantime, the next run purges it.
    if (decideOn(expiredParts, () => false).what !== "reduce") return stay("it has changed");
    const { removed, bodiesDropped } = await rewriteExport(file, out, (position) => treatmentOf(expiredParts[position] ?? null));
    const content = { size, sha256 };
    // An event also records that there was nothing to remove, so that the copy is not searched again.
    if ((await sha256OfFile(out)) === sha256) return { key, before: content, after: content, records_removed: 0, bodies_removed: 0 };
    const after = await publishFile(ledger.stores.lake, layout.stagedCopy(key), out);
    return { key, before: content, after: { size: after.size, sha256: after.sha256 }, records_removed: removed, bodies_removed: bodiesDropped };
  });
}

function stay(why: string): Cause {
  return { kind: "other", why };
}

function treatmentOf(expired: ExpiredPart | null): Treatment {
  if (expired === null) return "keep";
  return expired.content === "records" ? "remove" : "drop_bodies";
}
