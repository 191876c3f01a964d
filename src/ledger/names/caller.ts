import { remember } from "./remember.ts";
import type { CallerType } from "../usage/usage-record.ts";

export interface Caller {
  caller: string;
  callerType: CallerType;
  tags: readonly string[];
}

/** Tailscale's own login for nodes with tags, which have no person. */
const TAGGED_DEVICES = "tagged-devices";
const UNKNOWN = "unknown";
const NO_TAGS: readonly string[] = [];

/**
 * Who made a request. A person is a login, compared without case; a tagged device has no person and is the sorted
 * set of its tags, whether the gateway recorded them as a list, as a login of joined tags, or beside `tagged-devices`.
 */
export function identifyCaller(login: string | null, recordedTags: readonly string[]): Caller {
  const name = (login ?? "").toLowerCase();
  const isTagged = name.startsWith("tag:");
  const isPerson = name !== "" && name !== TAGGED_DEVICES && !isTagged;
  if (isPerson) return { caller: name, callerType: "user", tags: NO_TAGS };

  const tagsInLogin = isTagged && recordedTags.length === 0 ? (login ?? "").split(",") : NO_TAGS;
  const tags = distinctSorted(recordedTags.length > 0 ? recordedTags : tagsInLogin);
  if (tags.length > 0) return { caller: tags.join(","), callerType: "tag", tags };
  return { caller: name || UNKNOWN, callerType: "unknown", tags: NO_TAGS };
}

/** Like `identifyCaller`, with a cache for people and for devices with one tag. */
export function callerIdentifier(): typeof identifyCaller {
  const ofLogin = remember((login) => ({
    untagged: identifyCaller(login, NO_TAGS),
    tagged: remember((tag) => identifyCaller(login, [tag])),
  }));
  return (login, tags) => {
    const known = ofLogin(login ?? "");
    const only = tags[0];
    if (only === undefined) return known.untagged;
    return tags.length === 1 ? known.tagged(only) : identifyCaller(login, tags);
  };
}

function distinctSorted(tags: readonly string[]): string[] {
  const trimmed = tags.map((tag) => tag.trim()).filter((tag) => tag !== "");
  return [...new Set(trimmed)].sort();
}
