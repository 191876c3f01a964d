import { connect } from "node:net";
import { freePorts, type ServiceProcesses } from "./service-processes.ts";

/** Starts Redis as BullMQ wants it (`noeviction`), keeping nothing on disk; its url. */
export async function startRedis(services: ServiceProcesses): Promise<string> {
  const [port = 0] = await freePorts(1);
  const listening = ["--port", String(port), "--bind", "127.0.0.1"];
  const keeping = ["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"];
  services.start("redis", "redis-server", [...listening, ...keeping]);
  await services.ready("redis", () => answersPing(port));
  return `redis://127.0.0.1:${port}`;
}

/** Whether something speaks Redis there, if only to say that it wants a password. */
export function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.setTimeout(1000, () => socket.destroy());
    socket.once("data", (data) => {
      resolve(/^(?:\+PONG|-NOAUTH)/.test(data.toString()));
      socket.destroy();
    });
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
  });
}
