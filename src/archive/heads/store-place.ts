import type { ObjectStore } from "../../storage/object-store.ts";
import { fileOfHead, type HeadPlace, otherHead, textOfHead } from "./head.ts";

/** A folder or a bucket, which should belong to somebody else. Creates one object for each head. */
export function storePlace(open: () => Promise<ObjectStore>, name: string): HeadPlace {
  return {
    name,
    post: async (heads) => {
      const store = await open();
      for (const head of heads) {
        const [key, text] = [fileOfHead(head), textOfHead(head)];
        if ((await store.create(key, text)) === undefined && !Buffer.from(await store.read(key, { first: 0, last: text.byteLength })).equals(text)) throw otherHead(head);
      }
    },
  };
}
