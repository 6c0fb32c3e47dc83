import type { Migration } from "./migration.ts";

/** Materials, the bins of coffee machines, recipes, and packages of recipes that are deployed to machines. */
export const coffee: Migration = {
	version: 15,
	name: "coffee",
	statements: [
		`CREATE TABLE material (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			code TEXT NOT NULL,
			name TEXT NOT NULL,
			unit TEXT NOT NULL CHECK (unit IN ('gram', 'millilitre', 'piece')),
			version INTEGER NOT NULL DEFAULT 1,
			created_at_ms INTEGER NOT NULL,
			UNIQUE (tenant_id, code)
		) STRICT`,
		// Amounts are in the unit of the material. The level is the sum of the bin's movements.
		`CREATE TABLE bin (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			machine_id TEXT NOT NULL REFERENCES machine(id),
			-- As the machine's configuration names it.
			name TEXT NOT NULL,
			material_id TEXT NOT NULL REFERENCES material(id),
			portion INTEGER NOT NULL CHECK (portion > 0),
			capacity INTEGER NOT NULL CHECK (capacity >= portion),
			threshold INTEGER NOT NULL CHECK (threshold BETWEEN 0 AND capacity),
			level INTEGER NOT NULL DEFAULT 0,
			filled_at_ms INTEGER,
			active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1))
		) STRICT`,
		`CREATE UNIQUE INDEX bin_name ON bin(machine_id, name) WHERE active = 1`,
		`CREATE UNIQUE INDEX bin_material ON bin(machine_id, material_id) WHERE active = 1`,
		`CREATE INDEX bin_tenant ON bin(tenant_id, machine_id)`,
		`CREATE TABLE bin_movement (
			id INTEGER PRIMARY KEY AUTOINCREMENT,
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			bin_id TEXT NOT NULL REFERENCES bin(id),
			change_amount INTEGER NOT NULL,
			reason TEXT NOT NULL CHECK (reason IN ('sale', 'fill')),
			sale_id TEXT REFERENCES sale(id),
			actor TEXT NOT NULL DEFAULT '',
			at_ms INTEGER NOT NULL
		) STRICT`,
		`CREATE INDEX bin_movement_bin ON bin_movement(bin_id, id)`,
		`CREATE TRIGGER bin_movement_stays BEFORE UPDATE ON bin_movement BEGIN SELECT RAISE(ABORT, 'append only'); END`,
		`CREATE TRIGGER bin_movement_keeps BEFORE DELETE ON bin_movement BEGIN SELECT RAISE(ABORT, 'append only'); END`,
		`CREATE TRIGGER bin_movement_moves_level AFTER INSERT ON bin_movement BEGIN
			UPDATE bin SET level = level + NEW.change_amount,
					filled_at_ms = CASE WHEN NEW.reason = 'fill' THEN NEW.at_ms ELSE filled_at_ms END
				WHERE id = NEW.bin_id;
		END`,

		`CREATE TABLE recipe (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			name TEXT NOT NULL,
			-- JSON, as the controller takes them.
			steps TEXT NOT NULL,
			-- JSON list of { material, portions }, materials by code.
			uses TEXT NOT NULL,
			active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
			version INTEGER NOT NULL DEFAULT 1,
			created_at_ms INTEGER NOT NULL
		) STRICT`,
		`CREATE UNIQUE INDEX recipe_name ON recipe(tenant_id, name) WHERE active = 1`,
		// A package is never edited; the next one of the same name has the next version.
		`CREATE TABLE recipe_package (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			name TEXT NOT NULL,
			version INTEGER NOT NULL,
			-- JSON list of { number, recipeId, name, steps, uses }: the recipes as they were.
			recipes TEXT NOT NULL,
			created_at_ms INTEGER NOT NULL,
			UNIQUE (tenant_id, name, version)
		) STRICT`,
		`CREATE TABLE recipe_deployment (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			package_id TEXT NOT NULL REFERENCES recipe_package(id),
			machine_id TEXT NOT NULL REFERENCES machine(id),
			-- The command that carries it; NULL: the machine had these settings already.
			command_id TEXT,
			-- The machine makes these recipes now.
			active INTEGER NOT NULL DEFAULT 0 CHECK (active IN (0, 1)),
			created_at_ms INTEGER NOT NULL
		) STRICT`,
		`CREATE INDEX recipe_deployment_machine ON recipe_deployment(machine_id, active)`,
		`CREATE INDEX recipe_deployment_command ON recipe_deployment(command_id)`,
		`CREATE INDEX recipe_deployment_package ON recipe_deployment(package_id)`,
		// What one unit of a deployed recipe takes out of a bin.
		`CREATE TABLE recipe_use (
			deployment_id TEXT NOT NULL REFERENCES recipe_deployment(id),
			number INTEGER NOT NULL,
			bin_id TEXT NOT NULL REFERENCES bin(id),
			amount INTEGER NOT NULL CHECK (amount > 0),
			PRIMARY KEY (deployment_id, number, bin_id)
		) STRICT, WITHOUT ROWID`,
		// The machine says that it runs with the settings that carried the package.
		`CREATE TRIGGER recipe_deployment_done AFTER UPDATE OF state ON remote_command
			WHEN NEW.state = 'done' AND OLD.state <> 'done' AND NEW.kind = 'configuration'
				AND EXISTS (SELECT 1 FROM recipe_deployment WHERE command_id = NEW.id) BEGIN
			UPDATE recipe_deployment SET active = (command_id IS NEW.id)
				WHERE machine_id = NEW.machine_id AND (active = 1 OR command_id = NEW.id);
		END`,
		// A cup that was sold takes its materials out of the bins, in the commit that takes it out of stock. The number of a
		// recipe is that of the slot whose product it makes.
		`CREATE TRIGGER sold_recipe_takes_material AFTER INSERT ON movement
			WHEN NEW.reason = 'sale' AND NEW.machine_id IS NOT NULL BEGIN
			INSERT INTO bin_movement (tenant_id, bin_id, change_amount, reason, sale_id, at_ms)
				SELECT NEW.tenant_id, recipe_use.bin_id, NEW.change_quantity * recipe_use.amount, 'sale', NEW.sale_id, NEW.at_ms
				FROM recipe_deployment
					JOIN planogram ON planogram.machine_id = recipe_deployment.machine_id AND planogram.state = 'active'
					JOIN slot ON slot.planogram_id = planogram.id AND slot.product_id = NEW.product_id
					JOIN recipe_use ON recipe_use.deployment_id = recipe_deployment.id AND recipe_use.number = slot.shelf
				WHERE recipe_deployment.machine_id = NEW.machine_id AND recipe_deployment.active = 1;
		END`,
	],
};
