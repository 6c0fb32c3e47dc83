export { type Cloud, type CloudConfiguration, type CloudPorts, createCloud } from "./app.ts";
export type { NewMachine, ProvisionedMachine } from "./machines/machine-registry.ts";
export type { LedgerRow } from "./payments/ledger.ts";
