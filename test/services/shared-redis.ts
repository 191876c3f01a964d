import { inject } from "vitest";
import { askFor } from "./shared-servers.ts";

/** The run's Redis: importing this file starts it, unless it runs already. */
export const SHARED_REDIS: string = await askFor(inject("sharedServers"), "redis");
