import type { Clock } from "@visionvend/sdk/clock";
import { topics } from "@visionvend/sdk/device/topics";
import type { Log } from "@visionvend/sdk/log";
import { planogramParts } from "@visionvend/sdk/protocol/planogram";
import { z } from "zod";
import { type Database, mustHaveChanged, type Statement } from "../db/database.ts";
import { GuardFailed } from "../db/writer.ts";
import { readPriceList } from "../inventory/price-list.ts";
import { DueWork, type DueWorkPorts } from "../outbox/due-work.ts";
import { publishLater } from "../outbox/outbox-entry.ts";

/** Prices change in the database, by whoever may: how long until somebody looks. */
const lookEveryMs = 10_000;

/** A Pi that is there and says nothing is told again. One that was away says by itself what it has. */
const tellAgainMs = 600_000;

const mostAtOnce = 100;

/** SQL over table `machine`: a Pi has spoken, and nobody has said since that the controller does without one. */
export const hasPi = "(planogram_told IS NOT NULL AND COALESCE(config ->> '$.network.via', 'pi') = 'pi')";

const rowSchema = z.object({ id: z.string(), planogram_version: z.int(), planogram_due_at_ms: z.int() });

/**
 * Tells the Pi of each machine what stands where and what it costs, whenever that changes. Never while a session is under
 * way: what the sale began with, and the Pi decides by, are then the same list.
 */
export class PlanogramSender extends DueWork {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #log: Log;
	readonly #onChange: () => void;

	/** `onChange`: messages wait in the outbox. */
	constructor(
		options: DueWorkPorts & {
			database: Database;
			log: Log;
			onChange: () => void;
		},
	) {
		super({ ...options, work: () => this.#look() });
		this.#database = options.database;
		this.#clock = options.clock;
		this.#log = options.log;
		this.#onChange = options.onChange;
	}

	/** The Pi says which planogram it decides by. One from the future is of a database that was lost: ours becomes newer. */
	async told(machineId: string, version: number): Promise<void> {
		await this.#database.write([
			{
				sql: `UPDATE machine SET planogram_told = ?1,
						planogram_version = CASE WHEN ?1 > planogram_version THEN ?1 + 1 ELSE planogram_version END,
						planogram_due_at_ms = CASE WHEN ?1 = planogram_version THEN NULL ELSE ?2 END
					WHERE id = ?3 AND (planogram_told IS NOT ?1 OR ?1 <> planogram_version)`,
				args: [version, this.#clock.now(), machineId],
			},
		]);
		this.kick();
	}

	async #look(): Promise<number | undefined> {
		const nowMs = this.#clock.now();
		const rows = await this.#database.read(
			`SELECT id, planogram_version, planogram_due_at_ms FROM machine
				WHERE planogram_due_at_ms <= ? AND decommissioned_at_ms IS NULL
					AND NOT EXISTS (SELECT 1 FROM sale WHERE sale.machine_id = machine.id AND sale.machine_busy = 1)
				ORDER BY planogram_due_at_ms LIMIT ?`,
			[nowMs, mostAtOnce],
		);
		for (const row of rows) await this.#send(rowSchema.parse(row), nowMs);
		if (rows.length > 0) this.#onChange();
		if (rows.length === mostAtOnce) return nowMs;
		const [pi] = await this.#database.read("SELECT 1 FROM machine WHERE planogram_told IS NOT NULL LIMIT 1");
		return pi && nowMs + lookEveryMs;
	}

	async #send({ id, planogram_version: version, planogram_due_at_ms: dueAtMs }: Row, nowMs: number): Promise<void> {
		const lane = `planogram-${id}`;
		const products = await readPriceList(this.#database, id);
		const parts = planogramParts(version, products).map(
			(body): Statement =>
				publishLater(
					{ machineId: id, to: "pi", topic: topics(id).planogram, body, log: null, saleId: "" },
					{ lane, nowMs, expiresAtMs: nowMs + tellAgainMs },
				),
		);
		try {
			await this.#database.write([
				{
					sql: `UPDATE machine SET planogram_due_at_ms = ?
						WHERE id = ? AND planogram_version = ? AND planogram_due_at_ms = ?
							AND NOT EXISTS (SELECT 1 FROM sale WHERE sale.machine_id = machine.id AND sale.machine_busy = 1)`,
					args: [nowMs + tellAgainMs, id, version, dueAtMs],
				},
				mustHaveChanged(`the planogram of ${id} is as it was read`),
				// What waits of an older one is of no more use, and what has left neither.
				{ sql: "DELETE FROM outbox WHERE lane = ? AND kind = 'publish'", args: [lane] },
				...parts,
			]);
			this.#log({ level: "info", room: "cloud", event: "planogram.sent", machineId: id, version });
		} catch (error) {
			// Another instance has sent it, somebody has come, or there is a newer one: it is looked at again.
			if (!(error instanceof GuardFailed)) throw error;
		}
	}
}

type Row = z.infer<typeof rowSchema>;
