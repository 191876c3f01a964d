import { recordOf } from "../record-of.ts";
import { TOKEN_COLUMNS } from "./usage-columns.ts";

/** Counts as the gateway recorded them, 0 where it recorded none; each a whole number up to 2^53 - 1. */
export type TokenCounts = Record<(typeof TOKEN_COLUMNS)[number]["property"], number>;

export const NO_TOKENS: Readonly<TokenCounts> = recordOf(TOKEN_COLUMNS, ({ property }) => property, () => 0);
