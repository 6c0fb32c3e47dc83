import type { Migration } from "./migration.ts";

/** New keys and broker accounts for machines, which both sides know of before the old ones end. */
export const keyRotations: Migration = {
	version: 23,
	name: "key-rotations",
	statements: [
		// Beside key_version, while keys are exchanged: the next one first, then the one before. NULL: no other is good.
		`ALTER TABLE machine ADD COLUMN other_key_version INTEGER`,
		// Under which each was heard last; what is said to it goes under the same.
		`ALTER TABLE machine ADD COLUMN controller_key_version INTEGER NOT NULL DEFAULT 1`,
		`ALTER TABLE machine ADD COLUMN pi_key_version INTEGER NOT NULL DEFAULT 1`,
		`UPDATE machine SET controller_key_version = key_version, pi_key_version = key_version`,
		`CREATE TABLE key_rotation (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			machine_id TEXT NOT NULL REFERENCES machine(id),
			version INTEGER NOT NULL CHECK (version >= 2),
			-- taken: both devices use the new ones, the old ones are good for what is on its way. overdue: not taken by the
			-- deadline, and tried on. revoked: not taken by the deadline, and the old ones ended all the same.
			state TEXT NOT NULL CHECK (state IN ('running', 'overdue', 'taken', 'done', 'revoked')),
			reason TEXT NOT NULL,
			revoke_untaken INTEGER NOT NULL CHECK (revoke_untaken IN (0, 1)),
			requested_by TEXT NOT NULL,
			created_at_ms INTEGER NOT NULL,
			deadline_at_ms INTEGER NOT NULL,
			-- The command that carries the keys to the controller, the last one of them.
			controller_command TEXT NOT NULL,
			controller_taken_at_ms INTEGER,
			pi_taken_at_ms INTEGER,
			ended_at_ms INTEGER,
			-- When to look at it again; NULL: it has ended.
			check_at_ms INTEGER
		) STRICT`,
		`CREATE UNIQUE INDEX key_rotation_one ON key_rotation(machine_id) WHERE check_at_ms IS NOT NULL`,
		`CREATE INDEX key_rotation_check ON key_rotation(check_at_ms) WHERE check_at_ms IS NOT NULL`,
		`CREATE INDEX key_rotation_machine ON key_rotation(machine_id, created_at_ms, id)`,
	],
};
