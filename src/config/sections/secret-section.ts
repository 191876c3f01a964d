import { z } from "zod";

/** The configuration names secrets but never contains them. */
export const VARIABLE = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "the name of an environment variable, never the secret itself");

export const FILE = z.string().regex(/^\//, "the absolute path of a file that holds the secret, never the secret itself");
