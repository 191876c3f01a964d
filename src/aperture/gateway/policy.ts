import { z } from "zod";
import { LedgerError } from "../../ledger/errors.ts";
import type { TailnetPolicy } from "../../ledger/gateway/tailnet-policy.ts";
import { textMap } from "../../ledger/names/written-map.ts";
import { parseHuJson, placeFinder } from "./hujson.ts";

const members = z.array(z.string());
const policyFile = z.object({
  groups: textMap({ key: z.string().regex(/^group:/, "names of groups begin with group:"), value: members }).default(new Map()),
  tagOwners: textMap({ key: z.string().regex(/^tag:/, "names of tags begin with tag:"), value: members }).default(new Map()),
});

/** The groups and tag owners of a tailnet policy file: HuJSON. `what` names the text in errors, which give line and column. */
export function parsePolicy(text: string, what: string): TailnetPolicy {
  const parsed = policyFile.safeParse(parseHuJson(text, what, "config_invalid"));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = (issue?.path ?? []).map((part) => (typeof part === "symbol" ? String(part) : part));
  const place = placeFinder(text)(path);
  throw new LedgerError("config_invalid", `${what}: ${path.join(".") || "the file"}: ${issue?.message ?? "is not a policy"} at ${place}`, {
    remedy: "groups and tagOwners are objects of lists of texts",
  });
}
