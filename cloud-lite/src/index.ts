export { type Cloud, type CloudConfiguration, type CloudPorts, createCloud } from "./app.ts";
export { type Database, openDatabase } from "./db/database.ts";
export type { NewMachine, ProvisionedMachine } from "./machines/machine-registry.ts";
export { type LedgerRow, readLedger } from "./payments/ledger.ts";
