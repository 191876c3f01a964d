import { configJsonSchema } from "../../config/config-json-schema.ts";
import { printJson } from "../terminal.ts";

/** Prints the JSON Schema of the configuration file. */
export async function configSchemaJson(): Promise<number> {
  printJson(configJsonSchema());
  return await Promise.resolve(0);
}
