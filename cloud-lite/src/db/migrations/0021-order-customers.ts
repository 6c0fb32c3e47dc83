import type { Migration } from "./migration.ts";

/** What a customer says about themselves when ordering at a machine. */
export const orderCustomers: Migration = {
	version: 21,
	name: "order-customers",
	statements: ["ALTER TABLE sale ADD COLUMN customer_name TEXT", "ALTER TABLE sale ADD COLUMN customer_phone TEXT"],
};
