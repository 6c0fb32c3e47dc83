import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EnvelopeKey, seal } from "@visionvend/sdk/device/envelope/envelope";
import type { HealthBody } from "@visionvend/sdk/device/messages";
import { decodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { topics } from "@visionvend/sdk/device/topics";
import { TaskTracker } from "@visionvend/sdk/task-tracker";
import { type Database, openDatabase } from "../src/db/database.ts";
import { migrate } from "../src/db/migrate.ts";
import { MachineRegistry } from "../src/machines/machine-registry.ts";
import { openTelemetry } from "../src/telemetry/telemetry-database.ts";
import { TelemetryIngest } from "../src/telemetry/telemetry-ingest.ts";
import { TelemetryRollups } from "../src/telemetry/telemetry-rollups.ts";
import { TestClock } from "./test-clock.ts";
import { countingRandom, products } from "./world.ts";

const quietHealth: HealthBody = {
	uptimeMs: 60_000,
	boot: 1,
	doorClosed: true,
	massesMilligrams: [1_200_000],
	phase: "locked",
	resetReason: "power-on",
	memoryFreeBytes: 60_000,
	supplyMillivolts: 12_000,
	faults: [],
};

/** One cloud instance's share of the work on measurements. */
interface Instance {
	readonly ingest: TelemetryIngest;
	readonly rollups: TelemetryRollups;
	readonly tracker: TaskTracker;
}

/** Two files and machines that measure, without the rest of a cloud. */
export class TelemetryWorld {
	readonly clock = new TestClock();
	readonly rejected: string[] = [];
	readonly errors: unknown[] = [];
	readonly #folder = mkdtempSync(join(tmpdir(), "visionvend-telemetry-"));
	readonly #keys = new Map<string, EnvelopeKey>();
	readonly #instances: Instance[] = [];
	database!: Database;
	telemetry!: Database;
	registry!: MachineRegistry;

	static async create(machineIds: readonly string[]): Promise<TelemetryWorld> {
		const world = new TelemetryWorld();
		const { clock } = world;
		world.database = await openDatabase(`file:${join(world.#folder, "cloud.db")}`);
		await migrate(world.database, clock);
		world.telemetry = await openTelemetry(`file:${join(world.#folder, "telemetry.db")}`, { clock });
		world.registry = new MachineRegistry({ database: world.database, clock, random: countingRandom(3) });
		for (const machineId of machineIds) {
			const added = await world.registry.add({
				machineId,
				name: machineId,
				currency: "usd",
				holdCents: 500,
				products: [...products],
			});
			const { kid, key } = added.controllerKeys.send;
			world.#keys.set(machineId, { kid, key: decodeBase64url(key) ?? new Uint8Array() });
		}
		return world;
	}

	instance(): Instance {
		const { database, telemetry, clock, registry } = this;
		const tracker = new TaskTracker();
		const onError = (error: unknown) => this.errors.push(error);
		const rollups = new TelemetryRollups({ telemetry, clock, tracker, onError });
		const ingest = new TelemetryIngest({
			database,
			telemetry,
			clock,
			registry,
			tracker,
			onRejected: (_machineId, _topic, reason) => this.rejected.push(reason),
			onStored: () => rollups.wake(),
			onError,
		});
		const instance = { ingest, rollups, tracker };
		this.#instances.push(instance);
		return instance;
	}

	/** A health message under the seal of its controller. */
	sealed(machineId: string, boot: number, seq: number, health: Partial<HealthBody> = {}): [string, string] {
		const topic = topics(machineId).health;
		const key = this.#keys.get(machineId);
		if (!key) throw new Error(`there is no ${machineId}`);
		const claims = { iss: `${machineId}/controller`, aud: "cloud", jti: `${boot}-${seq}`, seq, topic };
		return [topic, seal(key, { ...claims, body: { ...quietHealth, boot, ...health } })];
	}

	/** Waits until nothing is under way while the clock stands still. */
	async quiet(): Promise<void> {
		for (const { tracker } of this.#instances) await tracker.idle();
	}

	async pass(milliseconds: number): Promise<void> {
		const untilMs = this.clock.now() + milliseconds;
		await this.quiet();
		while (this.clock.step(untilMs)) await this.quiet();
		this.clock.jump(untilMs);
	}

	async close(): Promise<void> {
		for (const { ingest, rollups } of this.#instances) {
			rollups.close();
			await ingest.close();
		}
		this.telemetry.close();
		this.database.close();
		rmSync(this.#folder, { recursive: true, force: true });
	}
}
