import { z } from "zod";
import { bareEtag } from "../storage/etag.ts";

/** An ETag in a manifest. Earlier versions stored a server's `W/`; stores now report ETags without it. */
export const etagText = z.string().transform(bareEtag);
