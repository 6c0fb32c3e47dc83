import type { Clock } from "@visionvend/sdk/clock";
import type { Random } from "@visionvend/sdk/random";
import { renderSVG } from "uqr";
import { z } from "zod";
import { secretHash } from "../auth/secret-hash.ts";
import { type Database, mustHaveChanged, type Statement } from "../db/database.ts";
import { GuardFailed } from "../db/writer.ts";

/** How long a claim is good: as long as somebody stands at the machine. */
const livesMs = 15 * 60_000;

/** What the person at the machine scans. */
export interface Claim {
	/** 128 bits; whoever has it can become this machine, once. */
	readonly code: string;
	readonly url: string;
	readonly expiresAtMs: number;
	/** The URL as a QR code, SVG. */
	readonly qrSvg: string;
}

const rowSchema = z.object({ machine_id: z.string(), tenant_id: z.string() });

/** One-time codes with which the devices of a machine fetch their keys and configuration. */
export class Claims {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;

	constructor(options: { database: Database; clock: Clock; random: Random }) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
	}

	/** A claim and the statement that keeps it; older ones of the machine end. @param origin of the cloud, `https://…` */
	issue(tenantId: string, machineId: string, origin: string): { claim: Claim; statements: Statement[] } {
		const nowMs = this.#clock.now();
		const code = Buffer.from(this.#random(16)).toString("base64url");
		const expiresAtMs = nowMs + livesMs;
		// After a #, so that no server's log on the way keeps it (RFC 3986 section 3.5).
		const url = `${origin}/claim#${code}`;
		return {
			claim: { code, url, expiresAtMs, qrSvg: renderSVG(url) },
			statements: [
				{ sql: "DELETE FROM machine_claim WHERE machine_id = ? AND claimed_at_ms IS NULL", args: [machineId] },
				{
					sql: `INSERT INTO machine_claim (code_hash, tenant_id, machine_id, created_at_ms, expires_at_ms)
						VALUES (?, ?, ?, ?, ?)`,
					args: [secretHash(code), tenantId, machineId, nowMs, expiresAtMs],
				},
			],
		};
	}

	/** Uses a claim up. @returns whose it is, or `undefined` when it is none, too old, or used */
	async take(code: string): Promise<{ tenantId: string; machineId: string } | undefined> {
		const hash = secretHash(code);
		const nowMs = this.#clock.now();
		try {
			await this.#database.write([
				{
					sql: `UPDATE machine_claim SET claimed_at_ms = ?1
						WHERE code_hash = ?2 AND claimed_at_ms IS NULL AND expires_at_ms > ?1`,
					args: [nowMs, hash],
				},
				mustHaveChanged("the claim is open"),
			]);
		} catch (error) {
			if (error instanceof GuardFailed) return undefined;
			throw error;
		}
		const [row] = await this.#database.read(
			`SELECT machine_claim.machine_id, machine_claim.tenant_id FROM machine_claim
				JOIN machine ON machine.id = machine_claim.machine_id
				WHERE code_hash = ? AND machine.decommissioned_at_ms IS NULL`,
			[hash],
		);
		if (!row) return undefined;
		const { machine_id: machineId, tenant_id: tenantId } = rowSchema.parse(row);
		return { machineId, tenantId };
	}
}
