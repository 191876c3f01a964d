import type { Rounds } from "../../messages/send-once.ts";
import type { MailTarget, Target } from "../../messages/target.ts";

/** Who receives the reports of a month. */
export interface DeliverySettings extends Rounds {
  targets: readonly Target[];
  /** Address at which people open the folder `reports/`, without a slash at its end; undefined: messages have no link. */
  pages: string | undefined;
  /** Names of the targets that get the company's report. */
  company: readonly string[];
  /** Names of the targets that get a team's report. */
  teams: ReadonlyMap<string, readonly string[]>;
  /** The mailbox of a team's owner at a given time. Undefined where owners get no reports. */
  ownerOf: ((team: string, at: Date) => MailTarget | undefined) | undefined;
}

/** Represents the owner's mailbox in records. No configured target can have such a name. */
export const OWNER = "(owner)";
