import { vi } from "vitest";
import { actionsOf, actionsOfOtherServers, statementsFor } from "../deploy/iam-policies.ts";
import { allow, noteActions } from "../deploy/recorded-s3.ts";
import type { FreshS3 } from "../services/s3.ts";
import { sharedS3Others } from "../services/shared-s3.ts";

/** Somebody who may do in buckets what policies of docs/iam allow and what servers other than AWS ask for besides, and nothing else. */
export interface LimitedAccount {
  /** Stores that are opened from here on act for this account, in this bucket. */
  actIn: (place: FreshS3) => Promise<void>;
  /** What it may do, in order of name. */
  allowed: readonly string[];
  /** What the stores have needed so far. */
  used: () => string[];
}

/** On a server that the tests did not start there is nobody but the owner, whom no policy limits. @param besides actions for other servers */
export async function limitedAccount(policies: readonly string[], besides: readonly string[] = actionsOfOtherServers()): Promise<LimitedAccount> {
  const { stranger } = await sharedS3Others();
  const allowed = [...new Set([...actionsOf(...policies), ...besides])].sort();
  const used = new Set<string>();
  return {
    async actIn(place) {
      await allow(place, statementsFor(allowed));
      vi.restoreAllMocks();
      if (stranger !== undefined) noteActions(stranger.accessKey, (action) => used.add(action));
      vi.stubEnv("AWS_ACCESS_KEY_ID", stranger?.accessKey ?? place.env.AWS_ACCESS_KEY_ID);
      vi.stubEnv("AWS_SECRET_ACCESS_KEY", stranger?.secretKey ?? place.env.AWS_SECRET_ACCESS_KEY);
    },
    allowed,
    used: () => (stranger === undefined ? allowed : [...used].sort()),
  };
}
