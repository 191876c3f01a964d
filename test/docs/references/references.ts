import { commandsPage } from "./commands-page.ts";
import { configurationPage } from "./configuration-page.ts";

/** The pages of docs/ that are generated. */
export const REFERENCES = [
  { file: "configuration.md", render: configurationPage },
  { file: "commands.md", render: commandsPage },
] as const;
