import type { KnownBy, Selection } from "../../archive/chain/event.ts";
import type { HoldChange } from "../../archive/legal-holds.ts";
import type { HoldPreview } from "../../archive/preview-hold.ts";
import type { Hold } from "../../archive/retention/hold.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";

/** What HTTP clients can do with legal holds. */
export interface HoldDesk {
  /** Lower-case logins that may change holds; null if the configuration names none. */
  holders: ReadonlySet<string> | null;
  /** The user of this machine, for requests that come without a proxy. */
  localUser: string;
  /** Reads only the chains, and no table. */
  list: () => Promise<Hold[]>;
  /** Records nothing. */
  preview: (selection: Selection) => Promise<HoldPreview>;
  add: (wish: Pick<Hold, "selection" | "reason" | "by" | "known">) => Promise<HoldChange>;
  release: (wish: Pick<Hold, "id" | "reason" | "by" | "known">) => Promise<HoldChange>;
}

/** Who changes a hold, and how that is known. */
export type Actor = Pick<Hold, "by" | "known">;

const KNOWN_BY: Readonly<Record<KnownBy, string>> = {
  loopback: "a login over loopback",
  socket: "a login over the socket",
  secret: "a login with the proxy's secret",
  account: "the worker's account",
  command: "named on the command line",
};

export function describeActor({ by, known }: Actor): string {
  return known === undefined ? visibleText(by) : `${visibleText(by)} (${KNOWN_BY[known]})`;
}
