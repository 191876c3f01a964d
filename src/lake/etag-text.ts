import { z } from "zod";
import { bareEtag } from "../storage/etag.ts";

/** An ETag in a manifest. Earlier versions kept `W/` where a server said it; stores tell ETags without it. */
export const etagText = z.string().transform(bareEtag);
