import { vi } from "vitest";

vi.resetModules();
process.setMaxListeners(0);
