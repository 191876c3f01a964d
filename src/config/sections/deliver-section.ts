import { z } from "zod";
import { textMap } from "../../ledger/names/written-map.ts";
import { UNALLOCATED } from "../../ledger/names/unassigned.ts";
import { teamName } from "./directory-section.ts";
import { address } from "./smtp-section.ts";

const targets = z.array(z.string());
const team = z.union([teamName, z.literal(UNALLOCATED)]);

const pages = z
  .string()
  .max(500)
  .regex(/^https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?$/i, "http://… or https://…, without a login, ? or #")
  .refine((text) => URL.canParse(text), "http://… or https://…");

export const deliverSection = z
  .strictObject({
    pages: pages.optional().meta({ description: "Address at which people open the folder `reports/`: a worker's `/reports`, or a bucket behind a web server. Messages link to a page below it; without it they have no link.", examples: ["https://ledger.example.com/reports"] }),
    company: targets.default([]).meta({ description: "Names of the targets in `notify` that get the company's report.", examples: [["finance", "chat"]] }),
    teams: textMap({ key: team, value: targets }).default(new Map()).meta({ description: "Names of the targets that get a team's report, by team. They get that team's page and figures, and nothing about other teams.", examples: [{ payments: ["payments-chat"] }] }),
    owners: textMap({ key: team, value: address, meant: "addresses by team, or {} for the owners of directory.teams" })
      .optional()
      .meta({ description: "Sends each team's report to its owner by e-mail. An address given here overrides an address in `report.owners`, which overrides an address in `owner` of `directory.teams`. `{}` uses those addresses alone; without `owners` no report is sent to owners.", examples: [{ payments: "alice@example.com" }] }),
    within_seconds: z.number().min(1).max(3600).default(300).describe("How long sending may take in all, in seconds, however many targets are unreachable."),
    attempts: z.int().min(1).max(50).default(8).describe("Number of attempts to deliver a report before it is given up."),
    retry_minutes: z.number().min(0).max(1440).default(10).describe("Pause after the first attempt, in minutes. It doubles with each further attempt, up to a day."),
  })
  .optional()
  .describe("Who gets the monthly report when the job `chargeback` has made it, and when the month is closed.");
