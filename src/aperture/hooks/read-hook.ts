import { z } from "zod";
import { type Nanodollars, nanodollarsOfFloat } from "../../ledger/money.ts";

/** The part of a hook's call that the ledger keeps: metadata only, never a body, a message or an argument. */
export interface HookedRequest {
  requestId: string;
  login: string | null;
  provider: string | null;
  model: string;
  /** The gateway's estimate; null where the call has no estimate, such as a call before the answer. */
  cost: Nanodollars | null;
}

/** Why a call of a hook cannot be counted. */
export type HookFault = "not_json" | "no_metadata" | "no_request_id";

const LONGEST_ID = 200;
/** Longer names are cut: a name only shows whose spend it is. */
const LONGEST_NAME = 300;
/** Highest accepted estimate, in dollars. No request costs more, and Redis' scripts cannot add much larger amounts exactly. */
const LARGEST_COST = 1_000_000;

/** A name of the wrong type counts as absent: the request still counts. */
const name = z.string().min(1).transform((text) => text.slice(0, LONGEST_NAME)).nullish().catch(null);
const requestId = z.string().min(1).max(LONGEST_ID);
const metadata = z.object({
  login_name: name,
  provider: name,
  model: name,
  estimated_cost: z.object({ dollars: z.number().min(0).max(LARGEST_COST) }).nullish().catch(null),
});
const call = z.object({ metadata: z.record(z.string(), z.unknown()) });

/**
 * Reads a hook's call, which is the same JSON for every event: no call says which event it is for. Everything except the metadata is dropped here. A
 * fault never quotes the call.
 */
export function readHook(body: Buffer): HookedRequest | HookFault {
  const parsed = call.safeParse(parseJson(body));
  if (!parsed.success) return parsed.error.issues.some(({ path }) => path.length > 0) ? "no_metadata" : "not_json";
  const id = requestId.safeParse(parsed.data.metadata["request_id"]);
  if (!id.success) return "no_request_id";
  const { login_name: login, provider, model, estimated_cost: estimate } = metadata.parse(parsed.data.metadata);
  return { requestId: id.data, login: login ?? null, provider: provider ?? null, model: model ?? "unknown", cost: estimate === null || estimate === undefined ? null : nanodollarsOfFloat(estimate.dollars) };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
