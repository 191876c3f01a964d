import { z } from "zod";
import { anyCase } from "./key-rules.ts";
import { messageOf } from "../../ledger/errors.ts";
import { textMap } from "../../ledger/names/written-map.ts";
import { LONGEST_PATTERN, patternTaker } from "../../ledger/text/pattern-taker.ts";

const HEADER = /^[A-Za-z][A-Za-z0-9-]*$/;
const CREDENTIALS = anyCase("authorization", "x-api-key", "api-key", "x-goog-api-key", "proxy-authorization", "x-amz-security-token", "cookie", "set-cookie");
const DIMENSION = /^[a-z][a-z0-9_]*$/;

const header = z.string().regex(HEADER, "the name of a request header").regex(new RegExp(`^(?!(?:${CREDENTIALS})$)`), "this header holds a credential, which is never kept");

const pattern = z.string().min(1).max(LONGEST_PATTERN).superRefine((text, context) => {
  try {
    patternTaker(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: `a regular expression as RE2 knows it, without lookaround and backreferences: ${messageOf(error)}` });
  }
});

const taken = z.strictObject({
  header: header.meta({ description: "The request header.", examples: ["X-Git-Branch"] }),
  pattern: pattern.meta({ description: "A regular expression (RE2). The dimension is what it finds first in the header: its first group, or the whole match without a group. Where it finds nothing, the request does not have the dimension.", examples: ["[A-Z]+-[0-9]+"] }),
});

export const dimensionsSection = textMap<string | z.infer<typeof taken>>({
  key: z.string().regex(DIMENSION, "names are of lower-case letters, digits and _"),
  value: z.union([header, taken], { error: "the name of a request header, or {header: …, pattern: …}" }),
})
  .default(new Map())
  .meta({ description: "Dimensions of a request: a name, and the request header whose value is kept under it; or `{header: …, pattern: …}` to keep only what a regular expression finds in it.", examples: [{ repo: "X-Github-Repository" }] });
