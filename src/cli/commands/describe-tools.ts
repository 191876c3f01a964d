import type { ReviewedTools, ToolsReview } from "../../limits/access/review-tools.ts";
import type { SecretsReview, SentSecrets } from "../../limits/find-sent-secrets.ts";
import { listSome } from "../../ledger/text/list-some.ts";
import { firstLines } from "../first-lines.ts";

/**
 * Lines about new tools, unapproved servers, and secrets that requests sent.
 * @param secrets undefined if the search was not requested. @param isClosed whether the review is of a closed month: a close keeps no tools.
 */
export function describeTools({ fresh, unapproved }: ToolsReview, secrets: SecretsReview | undefined, isClosed: boolean): string[] {
  return [
    "",
    ...(isClosed ? ["tools        of the tables and copies as they are now: a close does not keep which tools were called"] : []),
    ...(fresh === null ? ["new tools    not judged: the ledger has no day of the month before"] : orNone("new tools", fresh, "nothing: every tool was called in the month before too", describeTool)),
    ...(unapproved === null
      ? ["servers      not judged: access.tools.known in the configuration says which servers are approved"]
      : orNone("servers", unapproved, "nothing: every server is approved", (one) => `${describeTool(one)}; not approved`)),
    ...(secrets === undefined ? ["secrets      not searched: --secrets searches what requests sent"] : describeSecrets(secrets)),
  ];
}

function describeSecrets({ sent, looked, withoutBodies }: SecretsReview): string[] {
  const not = withoutBodies === 0 ? "" : `; ${count(withoutBodies, "export")} without bodies could not be looked through`;
  return [`secrets      ${count(looked, "export")} looked through${not}`, ...orNone("secrets", sent, "nothing: no pattern matches what was sent", describeSent)];
}

function orNone<Item>(label: string, items: readonly Item[], none: string, describe: (item: Item) => string): string[] {
  const begin = label.padEnd(13);
  return items.length === 0 ? [`${begin}${none}`] : firstLines(items, (item) => `${begin}${describe(item)}`);
}

function describeTool({ instance, server, tools, callers, calls, first, last }: ReviewedTools): string {
  const when = first === last ? `on ${first}` : `${first} to ${last}`;
  return `${server === null ? "" : `${server}: `}${listSome(tools)} at ${instance}, ${count(calls, "call")} by ${listSome(callers)}, ${when}`;
}

function describeSent({ instance, kind, caller, requests, captures, first, last }: SentSecrets): string {
  return `${kind}, ${caller} at ${instance}, ${count(requests, "request")}, ${first.toISOString()} to ${last.toISOString()}: ${listSome(captures, 5)}`;
}

function count(number: number, what: string): string {
  return `${String(number)} ${what}${number === 1 ? "" : "s"}`;
}

export function toolsJson({ fresh, unapproved }: ToolsReview, secrets: SecretsReview | undefined): object {
  return {
    new_tools: fresh && fresh.map(toolJson),
    unapproved_servers: unapproved && unapproved.map(toolJson),
    secrets: secrets === undefined ? null : { exports: secrets.looked, exports_without_bodies: secrets.withoutBodies, sent: secrets.sent.map(({ captures, ...one }) => ({ ...one, capture_ids: captures })) },
  };
}

function toolJson({ instance, server, tools, callers, calls, first, last }: ReviewedTools): object {
  return { instance, server, tools, callers, calls, first_day: first, last_day: last };
}
