import { z } from "zod";
import { configSchema } from "./config.ts";

/**
 * The JSON Schema of the configuration file. In draft 7, the newest that editors read in full. Zod leaves out examples where a value is
 * transformed as it is read; here they are included.
 */
export function configJsonSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(configSchema, {
    io: "input",
    target: "draft-7",
    override({ zodSchema, jsonSchema }) {
      const examples = z.globalRegistry.get(zodSchema)?.["examples"];
      if (Array.isArray(examples)) jsonSchema.examples = examples;
    },
  });
}
