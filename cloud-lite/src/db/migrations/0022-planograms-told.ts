import type { Migration } from "./migration.ts";

/** Which planogram each machine sells by, and which its Pi knows of, so that the Pi can be told. */
export const planogramsTold: Migration = {
	version: 22,
	name: "planograms-told",
	statements: [
		// Rises with every change of places, prices and masses, whoever makes it.
		`ALTER TABLE machine ADD COLUMN planogram_version INTEGER NOT NULL DEFAULT 1`,
		// What the Pi says it decides by; NULL: no Pi has said anything.
		`ALTER TABLE machine ADD COLUMN planogram_told INTEGER`,
		// When to tell the Pi; NULL: it knows.
		`ALTER TABLE machine ADD COLUMN planogram_due_at_ms INTEGER`,
		`CREATE INDEX machine_planogram_due ON machine(planogram_due_at_ms) WHERE planogram_due_at_ms IS NOT NULL`,
		`CREATE TRIGGER planogram_applied AFTER UPDATE OF state ON planogram
			WHEN NEW.state = 'active' AND OLD.state <> 'active' BEGIN
			UPDATE machine SET planogram_version = planogram_version + 1,
					planogram_due_at_ms = CASE WHEN planogram_told IS NULL THEN NULL ELSE 0 END
				WHERE id = NEW.machine_id;
		END`,
		`CREATE TRIGGER product_sold_otherwise
			AFTER UPDATE OF sku, name, price_cents, mass_milligrams, tolerance_milligrams, active ON product
			WHEN NEW.sku <> OLD.sku OR NEW.name <> OLD.name OR NEW.price_cents <> OLD.price_cents OR NEW.active <> OLD.active
				OR NEW.mass_milligrams IS NOT OLD.mass_milligrams
				OR NEW.tolerance_milligrams IS NOT OLD.tolerance_milligrams BEGIN
			UPDATE machine SET planogram_version = planogram_version + 1,
					planogram_due_at_ms = CASE WHEN planogram_told IS NULL THEN NULL ELSE 0 END
				WHERE id IN (SELECT planogram.machine_id FROM slot JOIN planogram ON planogram.id = slot.planogram_id
					WHERE slot.product_id = NEW.id AND planogram.state = 'active');
		END`,
	],
};
