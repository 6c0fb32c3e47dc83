export { type PiConfiguration, parseConfiguration, piConfigurationSchema } from "./configuration.ts";
export type { Health } from "./health/health.ts";
export type { SerialPortLike } from "./link/serial-port.ts";
export { createPiRuntime, type PiPorts, type PiRuntime } from "./pi-runtime.ts";
export { openDatabase } from "./store/database.ts";
