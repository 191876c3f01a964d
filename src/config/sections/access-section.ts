import { z } from "zod";

export const accessSection = z
  .strictObject({
    tools: z
      .strictObject({
        known: z.array(z.string().min(1)).meta({ description: "MCP servers that are approved: names, or patterns of names. The access review lists calls of all others.", examples: [["github", "linear-*"]] }),
      })
      .optional()
      .describe("The approved servers of tools. Without this key the access review judges no server."),
  })
  .prefault({})
  .describe("Settings of the [access review](access.md).");
