import { z } from "zod";
import { textMap } from "../../ledger/names/written-map.ts";
import { dated, IN_ORDER, isInOrder } from "./dated-section.ts";

/** Rows that belong to no team, to several, or to none of the usual kinds are named in parentheses. */
const TEAM = /^[^\s(),][^(),]*$/;
export const teamName = z.string().max(100).regex(TEAM, "a team's name, without parentheses and commas");

/** A login, `group:name`, `tag:name`, or a pattern of logins or tags. */
const member = z
  .string()
  .regex(/^(?:=.+|[^\s,](?:[^,]*[^\s,])?)$/su, "a login, group:name, tag:name, or a pattern such as *@example.com")
  .regex(/^(?!group:.*[*?])/, "a group cannot be a pattern: write its name as in the policy")
  .regex(/^(?!autogroup:)/, "only Tailscale can resolve autogroup:; name logins, groups, tags or patterns");

const membership = z.union([member, z.strictObject({ member: member.meta({ description: "Login, `group:name`, `tag:name` or a pattern.", examples: ["bob@example.com"] }), ...dated }).refine(isInOrder, IN_ORDER)]);

const team = z
  .strictObject({
    name: teamName.meta({ description: "Name of the team.", examples: ["payments"] }),
    cost_center: z.string().min(1).max(100).optional().meta({ description: "Cost center, shown in reports and exports.", examples: ["CC-4100"] }),
    owner: z.string().min(1).max(200).optional().meta({ description: "Person responsible for the team; `explain` shows it.", examples: ["alice@example.com"] }),
    members: z.array(membership).default([]).meta({ description: "Members: logins, `group:name` of the tailnet policy, `tag:name`, or patterns. Each may also be `{member, from, until}`.", examples: [["group:payments", "bob@example.com"]] }),
    ...dated,
  })
  .refine(isInOrder, IN_ORDER);

const group = z.string().regex(/^=?group:\S/, "group:name, or a pattern such as group:vpn-*");
const members = z.array(z.string());

/** The part of the tailnet policy that the ledger needs. */
const inlinePolicy = z.strictObject({
  groups: textMap({ key: z.string().regex(/^group:/, "names of groups begin with group:"), value: members }).default(new Map()).meta({ description: "Groups and their members.", examples: [{ "group:web": ["ann@example.com"] }] }),
  tagOwners: textMap({ key: z.string().regex(/^tag:/, "names of tags begin with tag:"), value: members }).default(new Map()).meta({ description: "Tags and their owners.", examples: [{ "tag:ci": ["group:platform"] }] }),
});

const policy = z.union([
  z.string().min(1),
  z.strictObject({
    url: z.string().min(1).meta({ description: "Address of the policy file.", examples: ["s3://policies/policy.hujson"] }),
    endpoint: z.url().optional().meta({ description: "Address of an S3-compatible server, instead of AWS.", examples: ["https://s3.example.com"] }),
    region: z.string().optional().meta({ description: "Region of the bucket.", examples: ["us-east-1"] }),
  }),
  inlinePolicy,
]);

export const directorySection = z
  .strictObject({
    policy: policy
      .optional()
      .meta({ description: "The tailnet policy file: `file://…`, a path, `s3://bucket/key`, `http://…`, or `{groups, tagOwners}` written here.", examples: ["file:///etc/aperture/policy.hujson"] }),
    ignore_groups: z.array(group).default([]).meta({ description: "Groups that are not teams, such as those that only give access. They may be patterns.", examples: [["group:vpn-*"]] }),
    teams: z
      .array(team)
      .default([])
      .superRefine((teams, context) => {
        for (const [index, one] of teams.entries()) {
          const other = teams.findIndex((earlier, position) => position < index && earlier.name === one.name && overlap(earlier, one));
          if (other < 0) continue;
          context.addIssue({ code: "custom", path: [index, "name"], message: `teams[${String(other)}] has the name ${one.name} at the same time` });
        }
      })
      .describe("Teams and their members. When a caller belongs to several teams and no rule decides, the first of them in this order pays."),
  })
  .prefault({})
  .describe("Who belongs to which team: the tailnet policy's groups, and teams written here.");

type Dated = { from?: string | undefined; until?: string | undefined };

function overlap(a: Dated, b: Dated): boolean {
  const isBefore = (one: Dated, other: Dated): boolean => one.until !== undefined && one.until <= (other.from ?? "");
  return !isBefore(a, b) && !isBefore(b, a);
}
