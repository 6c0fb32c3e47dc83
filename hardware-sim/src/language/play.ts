import { BusLog } from "../evidence/bus-log.ts";
import type { Fault, Heal } from "../faults/fault.ts";
import type { NetLevel } from "../net.ts";
import { SeededRandom } from "../random.ts";
import { MemoryStage } from "../scenario/memory-stage.ts";
import type { Phone } from "../scenario/phone.ts";
import { shopperId } from "../scenario/shop.ts";
import type { Stage } from "../scenario/stage.ts";
import type { Unit } from "../world/fridge.ts";
import type { SettledOptions } from "./options.ts";

/** A token lives for 15 minutes. */
const signInAgainMs = 10 * 60_000;

/** Changes of level that are remembered for each wire. */
const historyLimit = 20_000;

/** A scenario while it is played: the stage, and what its steps have to remember. */
export class Play {
	readonly stage: Stage;
	readonly options: SettledOptions;
	readonly busLog: BusLog;
	/** What the shopper holds, taken last at the end. */
	readonly hands: Unit[] = [];
	/** What had run out of a coffee machine before the present cup was put under it, millilitres. */
	pouredMillilitres = 0;
	/** Ids of the sales that phones asked for, in order. */
	readonly sales: string[] = [];
	/** What was asked of the machine through the cloud, oldest first. `name`: as the step says it. */
	readonly commands: { readonly name: string; readonly id: string }[] = [];
	/** Where relative names of files begin. */
	readonly folder: string;
	/** Pictures that do not match are replaced by what is seen. */
	readonly updatePictures: boolean;
	readonly #random: SeededRandom;
	#phone: Phone;
	#signedInMs = 0;
	#faultCount = 0;
	/** Ends of faults that are still there, each with the moment when it is due. */
	readonly #heals = new Set<{ readonly dueMs: number; readonly heal: Heal }>();
	readonly #levels = new Map<string, NetLevel[]>();

	constructor(
		stage: Stage,
		options: SettledOptions,
		files: { readonly folder: string; readonly updatePictures: boolean },
	) {
		this.stage = stage;
		this.#phone = stage.phone;
		this.options = options;
		this.folder = files.folder;
		this.updatePictures = files.updatePictures;
		this.#random = new SeededRandom(options.seed).fork("scenario");
		this.busLog = new BusLog(stage.trace);
		for (const net of stage.machine.board.nets.values()) this.#levels.set(net.name, [net.level]);
		stage.trace.tap((kind, [, wire, level]) => {
			if (kind !== "wire") return;
			const levels = this.#levels.get(String(wire));
			if (levels === undefined) return;
			levels.push(level === 1 ? 1 : 0);
			if (levels.length > 2 * historyLimit) levels.splice(0, historyLimit);
		});
	}

	/** The sale that expectations are about: the last one that a phone asked for. */
	get saleId(): string | undefined {
		return this.sales.at(-1);
	}

	/** The shopper's phone. It signs in again before its token is too old, when the cloud is there. */
	async phone(): Promise<Phone> {
		const { stage } = this;
		if (stage instanceof MemoryStage && stage.running("cloud") && stage.atMs - this.#signedInMs > signInAgainMs) {
			this.#signedInMs = stage.atMs;
			this.#phone = await stage.signIn(shopperId);
		}
		return this.#phone;
	}

	/** The names of all wires. */
	get wires(): readonly string[] {
		return [...this.#levels.keys()];
	}

	/** The levels that a wire has gone through, the present one last; `undefined` when there is no such wire. */
	levelsOf(wire: string): readonly NetLevel[] | undefined {
		return this.#levels.get(wire);
	}

	/** One of them, as the seed decides. */
	pick<T>(values: readonly T[]): T | undefined {
		return values[Math.floor(this.#random.next() * values.length)];
	}

	/** Lets the time pass, and ends faults whose time is over on the way. */
	async pass(milliseconds: number): Promise<void> {
		const endMs = this.stage.atMs + milliseconds;
		// The first steps go in whole milliseconds of the story's clock, the last one to the exact end.
		for (let due = this.#nextDue(); due !== undefined && due < endMs; due = this.#nextDue()) {
			const waitMs = due - this.stage.atMs;
			if (waitMs > 0) {
				await this.stage.pass(waitMs);
				milliseconds -= waitMs;
			}
			await this.#healDue();
		}
		await this.stage.pass(Math.max(0, milliseconds));
		await this.#healDue();
	}

	/** Lets the time pass until `condition` holds; throws with `what` after `withinMs`. */
	async until(what: string, condition: () => boolean, withinMs: number): Promise<void> {
		const { stage } = this;
		const endMs = stage.atMs + withinMs;
		for (;;) {
			await this.#healDue();
			const due = this.#nextDue() ?? Number.POSITIVE_INFINITY;
			const isOver = () => stage.atMs >= due;
			await stage.until(what, () => condition() || isOver(), Math.max(0, endMs - stage.atMs));
			if (condition()) return;
		}
	}

	/** A fault begins, for `forMs` or until the scenario is over. */
	async inject(fault: Fault, forMs: number | undefined): Promise<void> {
		const { stage } = this;
		this.#faultCount++;
		stage.tell("world", "fault", { name: fault.name });
		const heal = await fault.inject(stage, this.#random.fork(`fault ${this.#faultCount}`));
		const dueMs = forMs === undefined ? Number.POSITIVE_INFINITY : stage.atMs + forMs;
		this.#heals.add({
			dueMs,
			heal: async () => {
				await heal();
				stage.tell("world", "fault over", { name: fault.name });
			},
		});
		await this.#healDue();
	}

	/** Lets the time pass until every fault that has an end is over. */
	async outlast(): Promise<void> {
		for (let due = this.#nextDue(); due !== undefined; due = this.#nextDue()) await this.pass(due - this.stage.atMs);
	}

	/** Ends every fault that is still there. */
	async healAll(): Promise<void> {
		for (const owed of [...this.#heals]) await this.#end(owed);
	}

	#nextDue(): number | undefined {
		const due = Math.min(...[...this.#heals].map(({ dueMs }) => dueMs));
		return Number.isFinite(due) ? due : undefined;
	}

	async #healDue(): Promise<void> {
		for (const owed of [...this.#heals]) if (owed.dueMs <= this.stage.atMs) await this.#end(owed);
	}

	async #end(owed: { readonly dueMs: number; readonly heal: Heal }): Promise<void> {
		if (this.#heals.delete(owed)) await owed.heal();
	}
}
