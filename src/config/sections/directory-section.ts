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
  .refine((text) => !/^group:.*[*?]/.test(text), "a group is named as it is: its members are listed in the policy")
  .refine((text) => !text.startsWith("autogroup:"), "only Tailscale can resolve autogroup:; name logins, groups, tags or patterns");

const membership = z.union([member, z.strictObject({ member, ...dated }).refine(isInOrder, IN_ORDER)]);

const team = z
  .strictObject({
    name: teamName,
    cost_center: z.string().min(1).max(100).optional(),
    owner: z.string().min(1).max(200).optional().describe("who answers for the team: shown by explain"),
    members: z.array(membership).default([]).describe("logins, group:name of the policy, tag:name, patterns; each also as {member, from, until}"),
    ...dated,
  })
  .refine(isInOrder, IN_ORDER);

const group = z.string().regex(/^=?group:\S/, "group:name, or a pattern such as group:vpn-*");
const members = z.array(z.string());

/** The tailnet policy itself, as far as it is needed. */
const inlinePolicy = z.strictObject({
  groups: textMap({ key: z.string().regex(/^group:/, "names of groups begin with group:"), value: members }).default(new Map()),
  tagOwners: textMap({ key: z.string().regex(/^tag:/, "names of tags begin with tag:"), value: members }).default(new Map()),
});

const policy = z.union([
  z.string().min(1),
  z.strictObject({ url: z.string().min(1), endpoint: z.url().optional(), region: z.string().optional() }),
  inlinePolicy,
]);

export const directorySection = z
  .strictObject({
    policy: policy
      .optional()
      .describe("the tailnet policy file: file://…, a path, s3://bucket/key, http://…, or {groups, tagOwners} themselves"),
    ignore_groups: z.array(group).default([]).describe("groups that are no teams, such as those that only give access"),
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
      .describe("in this order: where several teams have a caller and no rule says more, the first of them pays"),
  })
  .prefault({});

type Dated = { from?: string | undefined; until?: string | undefined };

function overlap(a: Dated, b: Dated): boolean {
  const isBefore = (one: Dated, other: Dated): boolean => one.until !== undefined && one.until <= (other.from ?? "");
  return !isBefore(a, b) && !isBefore(b, a);
}
