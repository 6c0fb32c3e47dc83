import type { Clock } from "@visionvend/sdk/clock";
import { keyId, partyName } from "@visionvend/sdk/device/envelope/envelope";
import type { DoorBody } from "@visionvend/sdk/device/messages";
import { topics } from "@visionvend/sdk/device/topics";
import type { Log } from "@visionvend/sdk/log";
import { deviceLogsBodySchema } from "@visionvend/sdk/protocol/device-logs";
import { keyFor, openEnvelope } from "@visionvend/sdk/protocol/envelope";
import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";
import {
	commandBodySchema,
	commandStatusBodySchema,
	doorBodySchema,
	firmwareRequestBodySchema,
	helloBodySchema,
	keysStatusBodySchema,
} from "@visionvend/sdk/protocol/messages";
import { planogramStatusBodySchema } from "@visionvend/sdk/protocol/planogram";
import type { TaskTracker } from "@visionvend/sdk/task-tracker";
import { z } from "zod";
import type { Database, Statement } from "../db/database.ts";
import { UniqueViolation } from "../db/writer.ts";
import type { EvidenceFetcher } from "../evidence/evidence-fetcher.ts";
import { Problem } from "../http/problem.ts";
import { RateLimiter } from "../http/rate-limiter.ts";
import { Lanes } from "../outbox/lanes.ts";
import type { ReportIntake } from "../sales/report-intake.ts";
import type { SaleEvent } from "../sales/sale-machine.ts";
import type { SaleStore } from "../sales/sale-store.ts";
import type { DeviceStore } from "./device-store.ts";
import type { KeyRotations } from "./key-rotations.ts";
import type { MachineKeys, MachineRegistry } from "./machine-registry.ts";
import type { PlanogramSender } from "./planogram-sender.ts";
import type { RemoteCommands } from "./remote-commands.ts";
import { isForgotten, momentOf, seenStatements } from "./status-message.ts";

const mostWaiting = 256;
/** A Pi sends one in ten seconds; after an absence it has no more than some. */
const logMessages = Object.freeze({ burst: 20, perMinute: 10 });
const latestSchema = z.object({ boot: z.int(), seq: z.int().nullable() });

/** Takes in what machines say. Nothing is believed before its seal, its direction and its novelty are proved. */
export class Inbox {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #broker: MessageBroker;
	readonly #registry: MachineRegistry;
	readonly #sales: SaleStore;
	readonly #reports: ReportIntake;
	readonly #commands: RemoteCommands;
	readonly #evidence: Pick<EvidenceFetcher, "take">;
	readonly #planograms: Pick<PlanogramSender, "told">;
	readonly #rotations: Pick<KeyRotations, "piTook">;
	readonly #devices: Pick<DeviceStore, "logOnce">;
	readonly #limiter: RateLimiter;
	readonly #onWaitingSale: (saleId: string) => Promise<void>;
	readonly #log: Log;
	readonly #onRejected: (machineId: string, topic: string, reason: string) => void;
	readonly #lanes: Lanes;
	#closed = false;

	/** `onWaitingSale`: a machine has started while this sale's unlock waits for it. */
	constructor(options: {
		database: Database;
		clock: Clock;
		broker: MessageBroker;
		registry: MachineRegistry;
		sales: SaleStore;
		reports: ReportIntake;
		commands: RemoteCommands;
		evidence: Pick<EvidenceFetcher, "take">;
		planograms: Pick<PlanogramSender, "told">;
		rotations: Pick<KeyRotations, "piTook">;
		devices: Pick<DeviceStore, "logOnce">;
		onWaitingSale: (saleId: string) => Promise<void>;
		tracker: TaskTracker;
		log: Log;
		onRejected: (machineId: string, topic: string, reason: string) => void;
		onError: (error: unknown) => void;
	}) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#broker = options.broker;
		this.#registry = options.registry;
		this.#sales = options.sales;
		this.#reports = options.reports;
		this.#commands = options.commands;
		this.#evidence = options.evidence;
		this.#planograms = options.planograms;
		this.#rotations = options.rotations;
		this.#devices = options.devices;
		this.#limiter = new RateLimiter(options.clock);
		this.#onWaitingSale = options.onWaitingSale;
		this.#log = options.log;
		this.#onRejected = options.onRejected;
		this.#lanes = new Lanes(options.tracker, options.onError);
	}

	/** Subscribes; the broker need not be there yet. */
	async open(): Promise<void> {
		const take = (topic: string, payload: string) => this.#receive(topic, payload);
		try {
			const every = topics("+");
			await Promise.all(
				[
					every.hello,
					every.door,
					every.command,
					every.commandStatus,
					every.firmwareRequest,
					every.saleReport,
					every.report,
					every.evidence,
					every.planogramStatus,
					every.keysStatus,
					every.logs,
				].map((filter) => this.#broker.subscribe(filter, take)),
			);
		} catch (error) {
			// A cloud that stops before the broker has answered wants no messages any more.
			if (!this.#closed) throw error;
		}
	}

	/** Takes nothing in any more; the machines say again what matters. */
	close(): void {
		this.#closed = true;
	}

	#receive(topic: string, payload: string): void {
		if (this.#closed) return;
		const machineId = /^devices\/([^/]+)\//.exec(topic)?.[1] ?? "";
		if (this.#lanes.waiting(machineId) >= mostWaiting) {
			this.#onRejected(machineId, topic, "overrun");
			return;
		}
		this.#lanes.enter(machineId, async () => {
			const refusal = await this.#take(machineId, topic, payload);
			// Another instance may exchange its keys; what matters comes again.
			if (refusal === "wrong-key") this.#registry.forget(machineId);
			if (refusal !== undefined) this.#onRejected(machineId, topic, refusal);
		});
	}

	/** @returns why the message was not believed, or `undefined` */
	async #take(machineId: string, topic: string, payload: string): Promise<string | undefined> {
		const keys = await this.#registry.keys(machineId);
		if (!keys) return "unknown-machine";
		const known = topics(machineId);
		if (topic === known.evidence) return this.#evidence.take(machineId, payload);
		if (topic === known.planogramStatus) return this.#planogramTold(machineId, keys, payload);
		if (topic === known.logs) return this.#logsCame(machineId, keys, payload);
		if (topic === known.keysStatus) return this.#keysTaken(machineId, keys, payload);
		if (topic === known.report) return this.#reports.take(machineId, keys, payload);
		return this.#status(machineId, keys, topic, payload);
	}

	/** Which one the Pi has; an old message is put right by the Pi's next one. */
	async #planogramTold(machineId: string, keys: MachineKeys, payload: string): Promise<string | undefined> {
		const expected = { iss: partyName(machineId, "pi"), aud: "cloud", topic: topics(machineId).planogramStatus };
		const opened = openEnvelope(keyFor(keys.fromPi, payload), expected, payload);
		if (!opened.ok) return opened.refusal;
		const status = planogramStatusBodySchema.safeParse(opened.claims.body);
		if (!status.success) return "bad-body";
		await this.#planograms.told(machineId, status.data.version);
		return undefined;
	}

	/** What comes again is there already; what comes too often is let go, and its numbers show the gap. */
	async #logsCame(machineId: string, keys: MachineKeys, payload: string): Promise<string | undefined> {
		const expected = { iss: partyName(machineId, "pi"), aud: "cloud", topic: topics(machineId).logs };
		const opened = openEnvelope(keyFor(keys.fromPi, payload), expected, payload);
		if (!opened.ok) return opened.refusal;
		const logs = deviceLogsBodySchema.safeParse(opened.claims.body);
		if (!logs.success) return "bad-body";
		try {
			this.#limiter.take(machineId, logMessages);
		} catch (error) {
			if (!(error instanceof Problem)) throw error;
			return "too-often";
		}
		await this.#devices.logOnce(`${machineId}-pi`, logs.data);
		return undefined;
	}

	/** Only who has the new keys can seal with them. */
	async #keysTaken(machineId: string, keys: MachineKeys, payload: string): Promise<string | undefined> {
		const expected = { iss: partyName(machineId, "pi"), aud: "cloud", topic: topics(machineId).keysStatus };
		const key = keyFor(keys.fromPi, payload);
		const opened = openEnvelope(key, expected, payload);
		if (!opened.ok) return opened.refusal;
		const status = keysStatusBodySchema.safeParse(opened.claims.body);
		if (!status.success || key.kid !== keyId("pi", "cloud", status.data.version)) return "bad-body";
		await this.#rotations.piTook(machineId, status.data.version);
		return undefined;
	}

	async #status(machineId: string, keys: MachineKeys, topic: string, payload: string): Promise<string | undefined> {
		const known = topics(machineId);
		if (topic === known.saleReport) return this.#reports.takeFromController(machineId, keys, payload);
		const key = keyFor(keys.fromController, payload);
		const opened = openEnvelope(key, { iss: partyName(machineId, "controller"), aud: "cloud", topic }, payload);
		if (!opened.ok) return opened.refusal;
		const { jti, seq, body } = opened.claims;
		const moment = momentOf(jti, seq);
		if (!moment) return "bad-jti";
		const [row] = await this.#database.read(
			`SELECT boot, (SELECT MAX(seq) FROM status_seen WHERE machine_id = machine.id AND boot = ?2) AS seq
				FROM machine WHERE id = ?1`,
			[machineId, moment.boot],
		);
		if (isForgotten(moment, latestSchema.parse(row))) return "stale";
		const isOther = key !== keys.fromController[0];
		const seen = [
			...seenStatements(machineId, moment, this.#clock.now()),
			...(isOther ? [usesKey(machineId, key.kid)] : []),
		];
		try {
			return await this.#apply(machineId, topic, body, seen);
		} catch (error) {
			if (error instanceof UniqueViolation && error.columns.startsWith("status_seen")) return "duplicate";
			throw error;
		} finally {
			if (isOther) this.#registry.forget(machineId);
		}
	}

	async #apply(
		machineId: string,
		topic: string,
		body: unknown,
		seen: readonly Statement[],
	): Promise<string | undefined> {
		const known = topics(machineId);
		switch (topic) {
			case known.hello: {
				const hello = helloBodySchema.safeParse(body);
				if (!hello.success) return "bad-body";
				const { request, firmware, counter, configuration, nonce } = hello.data;
				const statements = [
					...seen,
					{
						sql: "UPDATE machine SET firmware = ?, counter = MAX(counter, ?), configuration = ? WHERE id = ?",
						args: [firmware, counter, configuration, machineId],
					},
					{ sql: "UPDATE device SET firmware = ? WHERE id = ?", args: [firmware, `${machineId}-controller`] },
				];
				const asked = request === "" ? undefined : await this.#sales.findByHello(machineId, request);
				if (asked) {
					await this.#sales.change(asked.id, { type: "hello", hello: hello.data }, statements);
					return undefined;
				}
				if (request !== "" && (await this.#commands.helloCame(machineId, request, nonce, statements))) return undefined;
				await this.#database.write(statements);
				const waiting = request === "" ? await this.#sales.findWaitingForUnlock(machineId) : undefined;
				if (waiting) await this.#onWaitingSale(waiting.id);
				else if (request === "") await this.#commands.machineCame(machineId, nonce);
				return undefined;
			}
			case known.command: {
				const command = commandBodySchema.safeParse(body);
				if (!command.success) return "bad-body";
				const { saleId, counter, result, reason } = command.data;
				return this.#change(machineId, saleId, seen, {
					type: "command",
					counter,
					executed: result === "executed",
					reason,
				});
			}
			case known.door: {
				const door = doorBodySchema.safeParse(body);
				if (!door.success) return "bad-body";
				const { saleId, state } = door.data;
				const moved = [...seen, doorMoved(machineId, state, this.#clock.now())];
				if (saleId !== "") return this.#change(machineId, saleId, moved, { type: "door", door: state });
				await this.#database.write(moved);
				this.#log({
					level: state === "forced" ? "warn" : "info",
					room: "cloud",
					event: `door.${state}`,
					saleId,
					machineId,
				});
				return undefined;
			}
			case known.commandStatus: {
				const status = commandStatusBodySchema.safeParse(body);
				if (!status.success) return "bad-body";
				return this.#commands.statusCame(machineId, status.data, seen);
			}
			case known.firmwareRequest: {
				const request = firmwareRequestBodySchema.safeParse(body);
				if (!request.success) return "bad-body";
				return this.#commands.chunkAsked(machineId, request.data, seen);
			}
			default:
				return "unknown-topic";
		}
	}

	async #change(
		machineId: string,
		saleId: string,
		seen: readonly Statement[],
		event: SaleEvent,
	): Promise<string | undefined> {
		const sale = await this.#sales.find(saleId);
		if (sale?.machineId === machineId) {
			await this.#sales.change(saleId, event, seen);
			return undefined;
		}
		await this.#database.write(seen);
		return "unknown-sale";
	}
}

/** A controller that has changed to its new keys, or gone back to the old ones, is answered under the same. */
function usesKey(machineId: string, kid: string): Statement {
	return {
		sql: "UPDATE machine SET controller_key_version = ? WHERE id = ?",
		args: [Number(kid.slice(kid.indexOf(".") + 1)), machineId],
	};
}

/** Keeps where a machine's door stands, and when it was last forced. */
function doorMoved(machineId: string, state: DoorBody["state"], nowMs: number): Statement {
	return {
		sql: `UPDATE machine SET door_state = ?1, door_at_ms = ?2,
				forced_at_ms = CASE WHEN ?1 = 'forced' THEN ?2 ELSE forced_at_ms END WHERE id = ?3`,
		args: [state, nowMs, machineId],
	};
}
