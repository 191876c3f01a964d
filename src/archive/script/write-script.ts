import { CHAINS } from "./check-chains.ts";
import { LISTS, RESULT } from "./check-lists.ts";
import { OBJECTS } from "./check-objects.ts";
import { ACCEPT, COMMON, LEVEL, PARSE } from "./documents.ts";
import { SHAPES } from "./shapes.ts";
import { SHELL } from "./shell.ts";

/** A gateway of the archive when the script is made. */
export interface ScriptGateway {
  instance: string;
  /** First and last day with a digest, `YYYY-MM-DD`, UTC. */
  first: string;
  last: string;
  /** SHA-256 of the newest digest: the chain must contain it for ever. */
  head: string;
}

/** @param archive its URL. @param instance name of the gateway, if only one is checked. */
export interface ScriptFor {
  archive: string;
  version: string;
  gateways: readonly ScriptGateway[];
  instance: string | undefined;
}

const PROGRAMS = {
  common: COMMON,
  parse: PARSE,
  accept: ACCEPT,
  level: LEVEL,
  checks: `${SHAPES}${CHAINS}${LISTS}${OBJECTS}${RESULT}`,
};

/** A shell script that checks this archive: the same text for the same archive. */
export function writeScript({ archive, version, gateways, instance }: ScriptFor): string {
  const contents = gateways.map(({ instance: name, first, last, head }) => `#   ${oneLine(name)}: digests of ${first} to ${last}, head ${head}`);
  const values: Readonly<Record<string, string>> = {
    ...PROGRAMS,
    archive: oneLine(archive),
    version,
    contents: contents.length === 0 ? "#   no digest" : contents.join("\n"),
    heads: gateways.map(({ head }) => head).join(" "),
    instance: (instance ?? "").replaceAll("'", `'\\''`),
  };
  return SHELL.replaceAll(/@([a-z_]+)@/g, (place, name: string) => values[name] ?? place);
}

/** Names come from the archive: none may end a comment. */
function oneLine(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, "?");
}
