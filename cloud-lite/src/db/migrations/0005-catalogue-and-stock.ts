import type { Migration } from "./migration.ts";

/**
 * One catalogue a tenant, from which machines sell by their planogram; stock as the sum of its movements; the counter's
 * scan sessions. What machines sold so far becomes products, and the first planogram of each.
 */
export const catalogueAndStock: Migration = {
	version: 5,
	name: "catalogue-and-stock",
	statements: [
		`ALTER TABLE product RENAME TO machine_product`,
		`CREATE TABLE product (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			sku TEXT NOT NULL,
			name TEXT NOT NULL,
			category TEXT NOT NULL DEFAULT '',
			-- JSON list of what detectors and people call it.
			aliases TEXT NOT NULL DEFAULT '[]',
			currency TEXT NOT NULL CHECK (length(currency) = 3),
			price_cents INTEGER NOT NULL CHECK (price_cents >= 0),
			-- NULL: never weighed, so no fridge can sell it.
			mass_milligrams INTEGER CHECK (mass_milligrams > 0),
			tolerance_milligrams INTEGER CHECK (tolerance_milligrams >= 0),
			-- Stock at or below it is low; NULL: nobody is told.
			low_at INTEGER CHECK (low_at >= 0),
			active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
			version INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
			created_at_ms INTEGER NOT NULL,
			changed_at_ms INTEGER NOT NULL,
			UNIQUE (tenant_id, sku),
			CHECK ((mass_milligrams IS NULL) = (tolerance_milligrams IS NULL))
		) STRICT`,
		`CREATE INDEX product_tenant ON product(tenant_id, created_at_ms, id)`,

		// What stands where in a machine. A draft becomes active when somebody fills the machine by it.
		`CREATE TABLE planogram (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			machine_id TEXT NOT NULL REFERENCES machine(id),
			version INTEGER NOT NULL CHECK (version >= 1),
			state TEXT NOT NULL CHECK (state IN ('draft', 'active', 'retired')),
			created_at_ms INTEGER NOT NULL,
			applied_at_ms INTEGER,
			UNIQUE (machine_id, version)
		) STRICT`,
		`CREATE UNIQUE INDEX planogram_one_active ON planogram(machine_id) WHERE state = 'active'`,
		`CREATE UNIQUE INDEX planogram_one_draft ON planogram(machine_id) WHERE state = 'draft'`,
		// NULL: as the product has it.
		`CREATE TABLE slot (
			planogram_id TEXT NOT NULL REFERENCES planogram(id),
			position TEXT NOT NULL,
			product_id TEXT NOT NULL REFERENCES product(id),
			shelf INTEGER NOT NULL CHECK (shelf BETWEEN 0 AND 15),
			capacity INTEGER CHECK (capacity > 0),
			par INTEGER CHECK (par BETWEEN 0 AND capacity),
			low_at INTEGER CHECK (low_at >= 0),
			price_cents INTEGER CHECK (price_cents >= 0),
			mass_milligrams INTEGER CHECK (mass_milligrams > 0),
			tolerance_milligrams INTEGER CHECK (tolerance_milligrams >= 0),
			PRIMARY KEY (planogram_id, position),
			UNIQUE (planogram_id, product_id)
		) STRICT, WITHOUT ROWID`,
		`CREATE INDEX slot_product ON slot(product_id)`,

		// The products of a tenant's machines, by SKU: name, price and mass are those of its first machine by id.
		`INSERT INTO product (id, tenant_id, sku, name, currency, price_cents, mass_milligrams, tolerance_milligrams,
				created_at_ms, changed_at_ms)
			SELECT lower(hex(randomblob(12))), tenant_id, sku, name, currency, price_cents, mass_milligrams,
				tolerance_milligrams, created_at_ms, created_at_ms
			FROM (
				SELECT machine.tenant_id, machine.currency, machine.created_at_ms, machine_product.*,
					row_number() OVER (PARTITION BY machine.tenant_id, sku ORDER BY machine.id) AS place
				FROM machine_product JOIN machine ON machine.id = machine_id
			) WHERE place = 1`,
		`INSERT INTO planogram (id, tenant_id, machine_id, version, state, created_at_ms, applied_at_ms)
			SELECT lower(hex(randomblob(12))), tenant_id, id, 1, 'active', created_at_ms, created_at_ms FROM machine`,
		`INSERT INTO slot (planogram_id, position, product_id, shelf, price_cents, mass_milligrams, tolerance_milligrams)
			SELECT planogram.id,
				shelf || '-' || row_number() OVER (PARTITION BY machine.id, shelf ORDER BY machine_product.sku),
				product.id, shelf,
				CASE WHEN machine.currency = product.currency AND machine_product.price_cents = product.price_cents
					THEN NULL ELSE machine_product.price_cents END,
				NULLIF(machine_product.mass_milligrams, product.mass_milligrams),
				NULLIF(machine_product.tolerance_milligrams, product.tolerance_milligrams)
			FROM machine_product
				JOIN machine ON machine.id = machine_product.machine_id
				JOIN planogram ON planogram.machine_id = machine.id
				JOIN product ON product.tenant_id = machine.tenant_id AND product.sku = machine_product.sku`,
		`DROP TABLE machine_product`,

		// How many there are: in a machine, or in the store (machine_id NULL), from which the counter sells. Written by the
		// triggers below alone; so it is the sum of its movements. Below zero: more was sold than was ever counted in.
		`CREATE TABLE stock (
			id INTEGER PRIMARY KEY,
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			product_id TEXT NOT NULL REFERENCES product(id),
			machine_id TEXT REFERENCES machine(id),
			quantity INTEGER NOT NULL DEFAULT 0,
			reserved INTEGER NOT NULL DEFAULT 0 CHECK (reserved >= 0),
			-- When somebody last counted or filled; NULL: never, and the quantity only says what was sold.
			counted_at_ms INTEGER,
			version INTEGER NOT NULL DEFAULT 1,
			changed_at_ms INTEGER NOT NULL
		) STRICT`,
		`CREATE UNIQUE INDEX stock_place ON stock(product_id, COALESCE(machine_id, ''))`,
		`CREATE INDEX stock_tenant ON stock(tenant_id, machine_id)`,
		`CREATE TABLE movement (
			id INTEGER PRIMARY KEY AUTOINCREMENT,
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			product_id TEXT NOT NULL REFERENCES product(id),
			machine_id TEXT REFERENCES machine(id),
			change_quantity INTEGER NOT NULL,
			reason TEXT NOT NULL CHECK (reason IN ('sale', 'restock', 'count', 'adjust', 'waste', 'transfer', 'return')),
			sale_id TEXT REFERENCES sale(id),
			session_id TEXT REFERENCES pos_session(id),
			-- Who did it: \`user:ID\`, \`apiKey:ID\`; empty for machines and their sales.
			actor TEXT NOT NULL DEFAULT '',
			note TEXT NOT NULL DEFAULT '',
			at_ms INTEGER NOT NULL,
			CHECK (change_quantity <> 0 OR reason = 'count')
		) STRICT`,
		`CREATE INDEX movement_product ON movement(product_id, at_ms)`,
		`CREATE INDEX movement_tenant ON movement(tenant_id, id)`,
		`CREATE TRIGGER movement_stays BEFORE UPDATE ON movement BEGIN SELECT RAISE(ABORT, 'append only'); END`,
		`CREATE TRIGGER movement_keeps BEFORE DELETE ON movement BEGIN SELECT RAISE(ABORT, 'append only'); END`,
		`CREATE TRIGGER movement_moves_stock AFTER INSERT ON movement BEGIN
			INSERT INTO stock (tenant_id, product_id, machine_id, quantity, counted_at_ms, changed_at_ms)
			VALUES (NEW.tenant_id, NEW.product_id, NEW.machine_id, NEW.change_quantity,
				CASE WHEN NEW.reason IN ('restock', 'count') THEN NEW.at_ms END, NEW.at_ms)
			ON CONFLICT (product_id, COALESCE(machine_id, '')) DO UPDATE SET
				quantity = quantity + excluded.quantity,
				counted_at_ms = COALESCE(excluded.counted_at_ms, counted_at_ms),
				version = version + 1,
				changed_at_ms = excluded.changed_at_ms;
		END`,

		// The limit of each stock: its slot's, or else its product's.
		`CREATE VIEW stock_limit AS
			SELECT stock.id AS stock_id, COALESCE(slot.low_at, product.low_at) AS low_at FROM stock
				JOIN product ON product.id = stock.product_id
				LEFT JOIN planogram ON planogram.machine_id = stock.machine_id AND planogram.state = 'active'
				LEFT JOIN slot ON slot.planogram_id = planogram.id AND slot.product_id = stock.product_id`,
		// Written in the commit in which counted stock falls to its limit or comes above it again; alarms are made of it.
		`CREATE TABLE stock_event (
			id INTEGER PRIMARY KEY AUTOINCREMENT,
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			product_id TEXT NOT NULL REFERENCES product(id),
			machine_id TEXT REFERENCES machine(id),
			kind TEXT NOT NULL CHECK (kind IN ('low', 'filled')),
			quantity INTEGER NOT NULL,
			low_at INTEGER NOT NULL,
			at_ms INTEGER NOT NULL
		) STRICT`,
		`CREATE INDEX stock_event_tenant ON stock_event(tenant_id, id)`,
		`CREATE TRIGGER stock_crosses_limit AFTER UPDATE OF quantity ON stock
			WHEN NEW.quantity <> OLD.quantity AND NEW.counted_at_ms IS NOT NULL BEGIN
			INSERT INTO stock_event (tenant_id, product_id, machine_id, kind, quantity, low_at, at_ms)
				SELECT NEW.tenant_id, NEW.product_id, NEW.machine_id,
					CASE WHEN NEW.quantity <= low_at THEN 'low' ELSE 'filled' END, NEW.quantity, low_at, NEW.changed_at_ms
				FROM stock_limit
				WHERE stock_id = NEW.id AND low_at IS NOT NULL AND (NEW.quantity <= low_at) <> (OLD.quantity <= low_at);
		END`,

		// Units that are promised to somebody until they are taken, let go, or the time is over.
		`CREATE TABLE reservation (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			product_id TEXT NOT NULL REFERENCES product(id),
			machine_id TEXT REFERENCES machine(id),
			quantity INTEGER NOT NULL CHECK (quantity > 0),
			sale_id TEXT REFERENCES sale(id),
			state TEXT NOT NULL CHECK (state IN ('held', 'released', 'expired')),
			created_at_ms INTEGER NOT NULL,
			expires_at_ms INTEGER NOT NULL
		) STRICT`,
		`CREATE INDEX reservation_expires ON reservation(expires_at_ms) WHERE state = 'held'`,
		`CREATE INDEX reservation_sale ON reservation(sale_id) WHERE state = 'held'`,
		`CREATE TRIGGER reservation_holds AFTER INSERT ON reservation BEGIN
			INSERT INTO stock (tenant_id, product_id, machine_id, reserved, changed_at_ms)
			VALUES (NEW.tenant_id, NEW.product_id, NEW.machine_id, NEW.quantity, NEW.created_at_ms)
			ON CONFLICT (product_id, COALESCE(machine_id, '')) DO UPDATE SET
				reserved = reserved + excluded.reserved, version = version + 1;
		END`,
		`CREATE TRIGGER reservation_lets_go AFTER UPDATE OF state ON reservation
			WHEN OLD.state = 'held' AND NEW.state <> 'held' BEGIN
			UPDATE stock SET reserved = reserved - NEW.quantity, version = version + 1
				WHERE product_id = NEW.product_id AND machine_id IS NEW.machine_id;
		END`,
		// What a sale reserved is free again in the commit that decides the sale.
		`CREATE TRIGGER sale_lets_reservation_go AFTER UPDATE OF state, settlement ON sale
			WHEN NEW.settlement IS NOT NULL OR NEW.state IN ('captured', 'cancelled', 'review') BEGIN
			UPDATE reservation SET state = 'released' WHERE sale_id = NEW.id AND state = 'held';
		END`,

		`CREATE TABLE pos_session (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			status TEXT NOT NULL CHECK (status IN ('active', 'completed')),
			version INTEGER NOT NULL DEFAULT 1,
			currency TEXT,
			total_cents INTEGER NOT NULL DEFAULT 0 CHECK (total_cents >= 0),
			checked_in_at_ms INTEGER NOT NULL,
			checked_out_at_ms INTEGER,
			-- Whether there is a bill: a session may also end without one.
			billed INTEGER NOT NULL DEFAULT 0 CHECK (billed IN (0, 1)),
			CHECK ((status = 'completed') = (checked_out_at_ms IS NOT NULL))
		) STRICT`,
		`CREATE INDEX pos_session_status ON pos_session(tenant_id, status, checked_in_at_ms)`,
		`CREATE TABLE pos_item (
			id TEXT PRIMARY KEY,
			session_id TEXT NOT NULL REFERENCES pos_session(id),
			-- NULL: matched nothing, and a person has to say.
			product_id TEXT REFERENCES product(id),
			detected_name TEXT NOT NULL,
			matched_by TEXT CHECK (matched_by IN ('sku', 'name', 'alias', 'fuzzy', 'person')),
			confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1),
			quantity INTEGER NOT NULL CHECK (quantity > 0),
			unit_price_cents INTEGER,
			first_seen_at_ms INTEGER NOT NULL,
			created_at_ms INTEGER NOT NULL,
			CHECK ((product_id IS NULL) = (unit_price_cents IS NULL)),
			CHECK ((product_id IS NULL) = (matched_by IS NULL))
		) STRICT`,
		`CREATE INDEX pos_item_session ON pos_item(session_id, first_seen_at_ms)`,
		`CREATE UNIQUE INDEX pos_item_matched ON pos_item(session_id, product_id) WHERE product_id IS NOT NULL`,
		`CREATE UNIQUE INDEX pos_item_unmatched ON pos_item(session_id, detected_name) WHERE product_id IS NULL`,
	],
};
