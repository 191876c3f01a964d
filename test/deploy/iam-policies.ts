import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { ROOT } from "./compose-file.ts";
import type { Statement } from "./recorded-s3.ts";

const FOLDER = join(ROOT, "docs/iam");

const policy = z.strictObject({
  Version: z.literal("2012-10-17"),
  Statement: z.array(
    z.discriminatedUnion("Sid", [
      z.strictObject({ Sid: z.literal("Bucket"), Effect: z.literal("Allow"), Action: z.array(z.string()), Resource: z.literal("arn:aws:s3:::BUCKET") }),
      z.strictObject({ Sid: z.literal("Objects"), Effect: z.literal("Allow"), Action: z.array(z.string()), Resource: z.literal("arn:aws:s3:::BUCKET/PREFIX/*") }),
    ]),
  ),
});

/** The statements of these policies, by their files in docs/iam. */
export function statementsOf(...names: string[]): Statement[] {
  return names.flatMap((name) => policy.parse(JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8"))).Statement);
}

/** The actions that these policies allow, in order of name. */
export function actionsOf(...names: string[]): string[] {
  return [...new Set(statementsOf(...names).flatMap(({ Action }) => Action))].sort();
}

/** Names of the policies of buckets, in order. */
export function policyNames(): string[] {
  return readdirSync(FOLDER).map((file) => file.replace(/\.json$/, "")).filter((name) => name !== "kms-sign").sort();
}

/** Of the actions those that none of these policies allows. */
export function withoutThose(actions: readonly string[], ...policies: string[]): string[] {
  const allowed = new Set(actionsOf(...policies));
  return actions.filter((action) => !allowed.has(action));
}

/** What servers other than AWS ask for besides, where a bucket keeps versions: the actions that docs/operations.md names. */
export function actionsOfOtherServers(): string[] {
  const [, named = ""] = /^Servers other than AWS need more in buckets that keep versions: (.*)\.$/m.exec(readFileSync(join(ROOT, "docs/operations.md"), "utf8")) ?? [];
  return [...named.matchAll(/`(s3:\w+)`/g)].map(([, action = ""]) => action).sort();
}

/** @param actions of buckets and of objects */
export function statementsFor(actions: readonly string[]): Statement[] {
  const [ofBuckets, ofObjects] = [actions.filter(isOfBuckets), actions.filter((action) => !isOfBuckets(action))];
  const bucket: Statement = { Sid: "Bucket", Effect: "Allow", Action: ofBuckets, Resource: "arn:aws:s3:::BUCKET" };
  const objects: Statement = { Sid: "Objects", Effect: "Allow", Action: ofObjects, Resource: "arn:aws:s3:::BUCKET/PREFIX/*" };
  return [bucket, objects].filter(({ Action }) => Action.length > 0);
}

export function isOfBuckets(action: string): boolean {
  return /^s3:(?:ListBucket|GetBucket)/.test(action);
}
