import { z } from "zod";
import { configSchema } from "../../config/config.ts";
import { printJson } from "../terminal.ts";

/** Prints the JSON Schema of the configuration file. */
export async function configSchemaJson(): Promise<number> {
  printJson(z.toJSONSchema(configSchema, { io: "input" }));
  return await Promise.resolve(0);
}
