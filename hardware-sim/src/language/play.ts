import { BusLog } from "../evidence/bus-log.ts";
import type { NetLevel } from "../net.ts";
import { SeededRandom } from "../random.ts";
import type { Stage } from "../scenario/stage.ts";
import type { Unit } from "../world/fridge.ts";
import type { SettledOptions } from "./options.ts";

/** Changes of level that are remembered for each wire. */
const historyLimit = 20_000;

/** A scenario while it is played: the stage, and what its steps have to remember. */
export class Play {
	readonly stage: Stage;
	readonly options: SettledOptions;
	readonly busLog: BusLog;
	/** What the shopper holds, taken last at the end. */
	readonly hands: Unit[] = [];
	/** Ids of the sales that phones asked for, in order. */
	readonly sales: string[] = [];
	/** Where relative names of files begin. */
	readonly folder: string;
	/** Pictures that do not match are replaced by what is seen. */
	readonly updatePictures: boolean;
	readonly #random: SeededRandom;
	/** Ends of faults that are still there. */
	readonly #heals = new Set<() => Promise<void> | void>();
	readonly #levels = new Map<string, NetLevel[]>();

	constructor(
		stage: Stage,
		options: SettledOptions,
		files: { readonly folder: string; readonly updatePictures: boolean },
	) {
		this.stage = stage;
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

	/** A fault has begun. `heal` is called at most once: by the function that is returned, or when the scenario is over. */
	owe(heal: () => Promise<void> | void): () => Promise<void> {
		this.#heals.add(heal);
		return async () => {
			if (this.#heals.delete(heal)) await heal();
		};
	}

	/** Ends every fault that is still there. */
	async healAll(): Promise<void> {
		const heals = [...this.#heals];
		this.#heals.clear();
		for (const heal of heals) await heal();
	}
}
