import { firstSale } from "./0001-first-sale.ts";
import type { Migration } from "./migration.ts";

/** Every migration, oldest first. */
export const migrations: readonly Migration[] = Object.freeze([firstSale]);
