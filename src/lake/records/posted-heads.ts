import { z } from "zod";
import type { ObjectStore } from "../../storage/object-store.ts";
import { readDerived, replaceJson } from "../json-object.ts";
import { layout } from "../layout.ts";

const postedHeads = z.object({
  format: z.literal(1),
  /** `digest`: key of the last digest whose head the place got. */
  posted: z.array(z.object({ place: z.string(), instance: z.string(), digest: z.string() })),
});
/** How far heads were posted. Where it is lost, the newest head is posted again. */
export type PostedHeads = z.infer<typeof postedHeads>["posted"];

export async function keepPostedHeads(store: ObjectStore, posted: PostedHeads): Promise<void> {
  await replaceJson(store, layout.postedHeads, { format: 1, posted });
}

export async function readPostedHeads(store: ObjectStore): Promise<PostedHeads> {
  if ((await store.head(layout.postedHeads)) === undefined) return [];
  return (await readDerived(store, layout.postedHeads, postedHeads))?.posted ?? [];
}
