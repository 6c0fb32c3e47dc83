import type { Migration } from "./migration.ts";

/** Pictures of products, lots with their expiry, routes and the lists that machines are filled by. */
export const shopKeeping: Migration = {
	version: 12,
	name: "shop-keeping",
	statements: [
		`CREATE TABLE product_image (
			product_id TEXT PRIMARY KEY REFERENCES product(id),
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			-- SHA-256 of the picture; its ETag.
			hash TEXT NOT NULL,
			-- WebP.
			bytes BLOB NOT NULL,
			changed_at_ms INTEGER NOT NULL
		) STRICT`,

		// Units that came together and expire together. Nobody tells which units a sale took; those that expire first count
		// as gone first.
		`CREATE TABLE lot (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			product_id TEXT NOT NULL REFERENCES product(id),
			machine_id TEXT REFERENCES machine(id),
			code TEXT NOT NULL,
			-- ISO 8601 date; the last day on which it may be sold.
			expires_on TEXT NOT NULL CHECK (date(expires_on) = expires_on),
			quantity INTEGER NOT NULL CHECK (quantity > 0),
			created_at_ms INTEGER NOT NULL
		) STRICT`,
		`CREATE INDEX lot_product ON lot(product_id, expires_on)`,
		`CREATE INDEX lot_tenant ON lot(tenant_id, expires_on, id)`,

		`CREATE TABLE route (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			name TEXT NOT NULL,
			version INTEGER NOT NULL DEFAULT 1,
			created_at_ms INTEGER NOT NULL,
			UNIQUE (tenant_id, name)
		) STRICT`,
		`CREATE TABLE route_stop (
			route_id TEXT NOT NULL REFERENCES route(id),
			place INTEGER NOT NULL,
			machine_id TEXT NOT NULL REFERENCES machine(id),
			PRIMARY KEY (route_id, place),
			UNIQUE (route_id, machine_id)
		) STRICT, WITHOUT ROWID`,
		`CREATE TABLE restock_list (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			route_id TEXT REFERENCES route(id),
			version INTEGER NOT NULL DEFAULT 1,
			created_at_ms INTEGER NOT NULL
		) STRICT`,
		`CREATE INDEX restock_list_tenant ON restock_list(tenant_id, created_at_ms, id)`,
		// One line a machine and product: how many to bring, and once somebody was there how many were put in.
		`CREATE TABLE restock_line (
			list_id TEXT NOT NULL REFERENCES restock_list(id),
			place INTEGER NOT NULL,
			machine_id TEXT NOT NULL REFERENCES machine(id),
			planogram_id TEXT NOT NULL REFERENCES planogram(id),
			product_id TEXT NOT NULL REFERENCES product(id),
			position TEXT NOT NULL,
			bring INTEGER NOT NULL CHECK (bring >= 0),
			put INTEGER CHECK (put >= 0),
			PRIMARY KEY (list_id, machine_id, product_id)
		) STRICT, WITHOUT ROWID`,
	],
};
