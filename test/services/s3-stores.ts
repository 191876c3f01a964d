import { vi } from "vitest";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { openStore } from "../../src/storage/open-store.ts";
import { type FreshS3, freshS3 } from "./s3.ts";
import { SHARED_S3 } from "./shared-s3.ts";

/** Stores below a place of its own on the real S3 server, by name; with other endpoints through a proxy. */
export async function freshStores(): Promise<{ place: FreshS3; storeAt: (name: string, endpoint?: string) => Promise<ObjectStore> }> {
  const place = await freshS3(SHARED_S3);
  for (const [name, value] of Object.entries(place.env)) vi.stubEnv(name, value);
  return {
    place,
    storeAt: (name, endpoint = place.location.endpoint) => openStore({ ...place.location, endpoint, url: `${place.location.url}/${name}` }),
  };
}
