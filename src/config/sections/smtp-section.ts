import { z } from "zod";
import { atLeastOne, atMostOne, is, keyRules, where, without } from "./key-rules.ts";
import { FILE, VARIABLE } from "./secret-section.ts";

/** An address alone, so that it cannot bring a name or another header with it. */
export const address = z.email("an e-mail address such as finance@example.com").max(254);

const PORTS = { starttls: 587, implicit: 465, none: 25 } as const;

const NAMED = "a host name without port or path";

export const smtpSection = z
  .strictObject({
    host: z.string().max(253).regex(/^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/, NAMED).meta({ description: "Mail server that accepts messages for sending.", examples: ["smtp.example.com"] }),
    port: z.int().min(1).max(65_535).optional().meta({ description: "Its port. Without it: 587, with `tls: implicit` 465, with `tls: none` 25.", examples: [587] }),
    tls: z.enum(["starttls", "implicit", "none"]).default("starttls").describe("`starttls`: the connection is encrypted with STARTTLS before anything is sent, and nothing is sent if that fails. `implicit`: it is encrypted from the start. `none`: it is not encrypted, for a server on the same host."),
    ca: z.string().min(1).optional().meta({ description: "File with the certificates (PEM) of the authority that signed the server's certificate, where your system does not know that authority.", examples: ["/etc/ssl/smtp-ca.pem"] }),
    from: address.meta({ description: "Address of the sender.", examples: ["ledger@example.com"] }),
    from_name: z.string().min(1).max(100).regex(/^[^\p{C}]+$/u, "a name on one line").default("aperture-ledger").meta({ description: "Name of the sender.", examples: ["AI ledger"] }),
    user_env: VARIABLE.optional().meta({ description: "Environment variable that holds the user name, where the server requires a login.", examples: ["LEDGER_SMTP_USER"] }),
    user_file: FILE.optional().meta({ description: "Path of a file that holds it.", examples: ["/run/secrets/smtp_user"] }),
    password_env: VARIABLE.optional().meta({ description: "Environment variable that holds the password.", examples: ["LEDGER_SMTP_PASSWORD"] }),
    password_file: FILE.optional().meta({ description: "Path of a file that holds it.", examples: ["/run/secrets/smtp_password"] }),
  })
  .refine((written) => count(written.user_env, written.user_file) <= 1, { path: ["user_env"], error: "only one of user_env and user_file" })
  .refine((written) => count(written.password_env, written.password_file) <= 1, { path: ["password_env"], error: "only one of password_env and password_file" })
  .refine((written) => count(written.user_env, written.user_file) === count(written.password_env, written.password_file), { path: ["user_env"], error: "a user needs a password, and a password a user" })
  .refine((written) => written.tls !== "none" || count(written.user_env, written.user_file) === 0, { path: ["tls"], error: "a password must not be sent unencrypted: use starttls or implicit" })
  .meta(
    keyRules(
      atMostOne("user_env", "user_file"),
      atMostOne("password_env", "password_file"),
      where(atLeastOne("user_env", "user_file"), atLeastOne("password_env", "password_file")),
      where(atLeastOne("password_env", "password_file"), atLeastOne("user_env", "user_file")),
      where(is("tls", "none"), without("user_env", "user_file")),
    ),
  )
  .transform((written) => ({ ...written, port: written.port ?? PORTS[written.tls] }))
  .optional()
  .describe("Mail server for targets of kind `email` and for owners of teams.");

function count(...written: readonly (string | undefined)[]): number {
  return written.filter((one) => one !== undefined).length;
}
