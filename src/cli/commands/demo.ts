import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { openStore } from "../../storage/open-store.ts";
import { print } from "../terminal.ts";
import { chargeback } from "./chargeback.ts";
import { run } from "./run.ts";
import { GATEWAY_CONFIG, writeSimulation } from "./simulate.ts";

const MONTH = "2026-10";

/** The main job on an invented company's month, from nothing to the report. */
export async function demo({ out }: { out: string }): Promise<number> {
  process.env["LOG_LEVEL"] ??= "warn";
  const folder = resolve(out);
  const exports = join(folder, "exports");
  const lake = join(folder, "lake");
  const { files, distinct } = await writeSimulation(await openStore({ url: exports }), {});
  print(`An invented company's ${MONTH}: ${distinct.requests} requests in ${files} export files, in ${exports}`, "");

  const settings = { lake, gatewayConfig: join(exports, GATEWAY_CONFIG), dimension: ["repo=X-Github-Repository"] };
  await run({ ...settings, source: exports, instance: "acme" });
  print("");
  await chargeback({ ...settings, month: MONTH });
  print("", `Open ${pathToFileURL(join(lake, "reports", MONTH, "chargeback.html")).href} in a browser.`);
  print(`Any engine reads the tables: duckdb -c "FROM '${join(lake, "usage/*/*.parquet")}' LIMIT 5"`);
  return 0;
}
