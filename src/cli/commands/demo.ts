import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { openStore } from "../../storage/open-store.ts";
import { checkConfig } from "../settings.ts";
import { print } from "../terminal.ts";
import { chargeMonth } from "./chargeback.ts";
import { runPass } from "./run.ts";
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

  // Not from a configuration file that happens to be here: its archive is no place for invented exports.
  const config = checkConfig(
    {
      sources: [{ name: "acme", url: exports }],
      lake,
      aperture: { config: join(exports, GATEWAY_CONFIG) },
      dimensions: { repo: "X-Github-Repository" },
    },
    "the demo",
  );
  await runPass(config, {});
  print("");
  await chargeMonth(config, { month: MONTH });
  print("", `Open ${pathToFileURL(join(lake, "reports", MONTH, "chargeback.html")).href} in a browser.`);
  print(`Any engine reads the tables: duckdb -c "FROM '${join(lake, "usage/*/*.parquet")}' LIMIT 5"`);
  return 0;
}
