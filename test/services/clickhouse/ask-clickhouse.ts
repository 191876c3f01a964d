import { createRequire } from "node:module";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { CLICKHOUSE } from "./folder.ts";

interface Session {
  query: (sql: string, format: string) => string;
}

/**
 * A ClickHouse in a process of its own: half a gigabyte of library does not belong into a process that runs tests. Reads `{statements, query}` from
 * stdin, runs the statements, and prints the rows of the query as JSON arrays, one a line.
 */
const { statements, query } = z.object({ statements: z.array(z.string()), query: z.string() }).parse(JSON.parse(await text(process.stdin)));
const chdb = createRequire(join(CLICKHOUSE, "package.json"))("chdb") as { Session: new () => Session };
const session = new chdb.Session();
for (const statement of statements) session.query(statement, "Null");
process.stdout.write(session.query(query, "JSONCompactStringsEachRow"));
