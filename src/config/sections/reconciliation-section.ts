import { z } from "zod";
import { is, keyRules, where } from "./key-rules.ts";
import { textMap } from "../../ledger/names/written-map.ts";
import { API_NAMES, GROUPS } from "../../ledger/billing-api-names.ts";
import { VARIABLE } from "./secret-section.ts";

const NAME = /^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$/;
/** Keys are never sent unencrypted over a network. */
const ADDRESS = /^(?:https:\/\/[^\s/?#@]+|http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?)(?:\/[^\s?#@]*)?$/i;

const source = z
  .strictObject({
    name: z.string().max(63).regex(NAME, "a name of letters and digits, whose parts may be joined by single - _ or .").meta({ description: "Name of the bill. It is part of the keys under which answers are kept, so never change it.", examples: ["anthropic"] }),
    api: z.enum(API_NAMES).describe("Which API: Anthropic's reports of usage and costs, its Usage and Cost Analytics API (beta), or OpenAI's usage and costs."),
    key_env: VARIABLE.meta({ description: "Environment variable that holds an administrator's API key.", examples: ["ANTHROPIC_ADMIN_KEY"] }),
    url: z.string().regex(ADDRESS, "https://…, without credentials and parameters").optional().meta({ description: "Address to use instead of the provider's own, such as a proxy's.", examples: ["https://billing-proxy.example.com"] }),
    group_by: z.array(z.string()).default([]).meta({ description: "Additional groups for the usage report, and for the costs of `anthropic_analytics`. Model, workspace or project, service tier and geography are always asked for, speed where that needs no beta header. The comparison does not need others; they are kept with the answers.", examples: [["api_key_id"]] }),
  })
  .superRefine(({ api, group_by: groups }, context) => {
    for (const [index, group] of groups.entries()) {
      if (!GROUPS[api].includes(group)) context.addIssue({ code: "custom", path: ["group_by", index], message: `${api} has no such group: it has ${GROUPS[api].join(", ")}` });
    }
  })
  .meta(keyRules(...API_NAMES.map((api) => where(is("api", api), { properties: { group_by: { items: { enum: [...GROUPS[api]] } } } }))));

export const reconciliationSection = z
  .strictObject({
    fetch: z
      .array(source)
      .default([])
      .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "two bills have the same name")
      .describe("Bills that are fetched from the providers' APIs, by `reconcile --fetch` and by the job `fetch-bills`."),
    providers: textMap({ key: z.string().min(1), value: z.string().min(1).toLowerCase() })
      .default(new Map())
      .meta({ description: "A provider of the gateway's configuration, and the provider whose bill its requests are on: `anthropic`, `openai`, or as a CSV names it.", examples: [{ "anthropic-prod": "anthropic" }] }),
    models: textMap({ key: z.string().min(1).toLowerCase(), value: z.string().min(1) })
      .default(new Map())
      .meta({ description: "A model's name on the bill, and its name in the `usage` table, where the two do not match automatically.", examples: [{ "gpt-4o-0806": "gpt-4o" }] }),
    workspaces: textMap({ key: z.string().min(1), value: z.string().min(1) })
      .default(new Map())
      .meta({ description: "A provider's workspace or project, and the gateway (name of the source) whose requests run in it. `default` is the workspace without an id.", examples: [{ wrkspc_1: "prod" }] }),
  })
  .prefault({})
  .describe("How a provider's bill is matched with the ledger.");
