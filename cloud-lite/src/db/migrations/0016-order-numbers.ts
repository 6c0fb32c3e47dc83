import type { Migration } from "./migration.ts";

/** Each order has a number that people can read out: it counts up in a tenant. */
export const orderNumbers: Migration = {
	version: 16,
	name: "order-numbers",
	statements: [
		"CREATE TABLE order_counter (tenant_id TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID",
		"ALTER TABLE sale ADD COLUMN order_number INTEGER",
		`UPDATE sale SET order_number = numbered.number FROM (
				SELECT id, ROW_NUMBER() OVER (PARTITION BY tenant_id ORDER BY requested_at_ms, id) AS number FROM sale
			) AS numbered WHERE numbered.id = sale.id`,
		"INSERT INTO order_counter (tenant_id, last) SELECT tenant_id, MAX(order_number) FROM sale GROUP BY tenant_id",
		"CREATE UNIQUE INDEX sale_order_number ON sale(tenant_id, order_number)",
		`CREATE TRIGGER sale_numbered AFTER INSERT ON sale BEGIN
			INSERT INTO order_counter (tenant_id, last) VALUES (NEW.tenant_id, 1)
				ON CONFLICT (tenant_id) DO UPDATE SET last = last + 1;
			UPDATE sale SET order_number = (SELECT last FROM order_counter WHERE tenant_id = NEW.tenant_id)
				WHERE id = NEW.id;
		END`,
	],
};
