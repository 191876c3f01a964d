import { z } from "zod";

/** `hooks:` settings for the gateway's hooks, which a worker takes for live estimates of the budgets. */
export const hooksSection = z
  .strictObject({
    secret_file: z.string().min(1).optional().meta({ description: "Path of the secret that the gateway sends with each call (its `apikey`). Without it: the secret in `APERTURE_LEDGER_HOOK_SECRET`.", examples: ["/etc/aperture-ledger/hook-secret"] }),
    largest_kilobytes: z.int().min(1).max(1024).default(64).describe("Largest body of a call. Metadata takes one or two kilobytes; nothing else is read."),
    check_seconds: z.number().min(1).max(600).default(5).describe("Pause between two comparisons of the live estimates with the budgets, in seconds."),
    keep_hours: z.int().min(2).max(720).default(72).describe("How long Redis keeps the requests that hooks reported. Days must be built within this time."),
  })
  .optional()
  .describe("Takes the gateway's hooks at `POST /hooks/aperture` on the worker's port, for live estimates of the budgets. It needs `http`. Without this section the worker takes no hooks; `hooks: {}` uses the values below.");
