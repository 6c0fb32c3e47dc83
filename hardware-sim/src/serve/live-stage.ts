import type { Product } from "@visionvend/sdk/catalog/product";
import type { Clock } from "@visionvend/sdk/clock";
import { MemoryStage } from "../scenario/memory-stage.ts";
import { coffeeCatalogue, demoCatalogue, demoHoldCents, vendingCatalogue } from "../world/demo-catalogue.ts";
import type { XsHost } from "../xs/build.ts";
import { CameraView } from "./camera-view.ts";
import { Collection } from "./collection.ts";
import { FaultBoard, pageFaults } from "./fault-board.ts";
import { Hands } from "./hands.ts";
import { LineLog } from "./line-log.ts";
import { messageBody } from "./message-body.ts";
import { NotPossible } from "./not-possible.ts";
import type { Command, PageKind, PageLine, PageState } from "./page-state.ts";
import { cards, ShopperPhone } from "./shopper-phone.ts";
import { MachineView } from "./snapshot.ts";
import { storyText } from "./story-line.ts";
import { WireLines } from "./wire-lines.ts";

/** The page sees the world so often: 20 times a second. */
export const tickMs = 50;
/** What a busy computer misses of the time is not made up for beyond this. */
const longestTickMs = 250;
const wiresATick = 60;

const catalogues: Readonly<Record<PageKind, readonly Product[]>> = Object.freeze({
	fridge: demoCatalogue,
	vending: vendingCatalogue,
	coffee: coffeeCatalogue,
});

export interface LiveStageOptions {
	readonly seed: number;
	readonly kind: PageKind;
	readonly xsHost: XsHost | undefined;
	/** The clock on the wall, which the machine's own clock follows. */
	readonly clock: Clock;
}

/** One machine as it was set up, with everything around it. */
interface World {
	readonly seed: number;
	readonly kind: PageKind;
	readonly stage: MemoryStage;
	readonly phone: ShopperPhone;
	readonly hands: Hands;
	readonly collection: Collection;
	readonly faults: FaultBoard;
	readonly view: MachineView;
	readonly wires: WireLines;
	/** Of a fridge. */
	readonly cameras: CameraView | undefined;
	ledger: PageState["ledger"];
	/** Whether money has moved since the last time that somebody asked. */
	takeLedgerIsOld(): boolean;
}

/**
 * A stage in memory whose virtual clock follows the clock on the wall while somebody watches. What the page asks for
 * happens between two ticks, one after the other, while the virtual clock stands still: so a seed and the moments of
 * the commands decide everything.
 */
export class LiveStage {
	/** Counts the machines that were set up. */
	generation = 0;
	readonly #options: LiveStageOptions;
	readonly #log: LineLog;
	#world: World;
	#speed = 1;
	#stopped: string | null = null;
	#state: PageState | undefined;
	#turn: Promise<void> = Promise.resolve();
	#watchers = 0;
	#lastMs = 0;
	#ticking = false;
	#cancelTick: () => void = () => undefined;
	#closed = false;
	readonly #waiting = new Set<() => void>();

	private constructor(options: LiveStageOptions, log: LineLog, world: World) {
		this.#options = options;
		this.#log = log;
		this.#world = world;
	}

	static async open(options: LiveStageOptions): Promise<LiveStage> {
		const log = new LineLog();
		return new LiveStage(options, log, await raise(options, log));
	}

	/** Everything that the page shows. The same object until something has changed. */
	get closed(): boolean {
		return this.#closed;
	}

	get state(): PageState {
		this.#state ??= this.#look();
		return this.#state;
	}

	/** The lines after the one of that number, oldest first; those that are too old are gone. */
	linesAfter(number: number): PageLine[] {
		return this.#log.after(number);
	}

	/** A JPEG of what a camera sees now; `undefined` where there is none. */
	async cameraPicture(camera: 0 | 1): Promise<Uint8Array | undefined> {
		let picture: Uint8Array | undefined;
		await this.#next(async () => {
			picture = this.#world.cameras?.jpeg(camera);
		});
		return picture;
	}

	/** Somebody looks at the page: time goes on. Returns the function that ends it; without watchers time stands still. */
	watch(): () => void {
		this.#watchers++;
		if (this.#watchers === 1) this.#start();
		let watches = true;
		return () => {
			if (!watches) return;
			watches = false;
			this.#watchers--;
		};
	}

	/** Resolves when something may have changed. */
	changed(): Promise<void> {
		return new Promise((resolve) => this.#waiting.add(resolve));
	}

	/** Does what a person asks for. Throws a `NotPossible` that tells them why not. */
	perform(command: Command): Promise<void> {
		return this.#next(async () => {
			await this.#perform(command);
			await this.#afterwards();
		});
	}

	/** Resolves when everything that was begun is done. */
	settled(): Promise<void> {
		return this.#turn;
	}

	async close(): Promise<void> {
		this.#closed = true;
		this.#cancelTick();
		await this.#next(() => this.#world.stage.close());
		this.#wake();
	}

	/** One thing after the other. */
	#next(act: () => Promise<void>): Promise<void> {
		const done = this.#turn.then(act);
		this.#turn = done.catch(() => undefined);
		return done;
	}

	#start(): void {
		this.#lastMs = this.#options.clock.now();
		if (!this.#ticking) this.#schedule();
	}

	#schedule(): void {
		this.#ticking = !this.#closed && this.#watchers > 0;
		if (!this.#ticking) return;
		this.#cancelTick = this.#options.clock.after(tickMs, () => {
			void this.#next(() => this.#tick()).finally(() => this.#schedule());
		});
	}

	async #tick(): Promise<void> {
		const now = this.#options.clock.now();
		const passedMs = Math.min(longestTickMs, now - this.#lastMs);
		this.#lastMs = now;
		if (this.#speed === 0 || this.#stopped !== null || passedMs <= 0) return;
		try {
			await this.#world.stage.pass(passedMs * this.#speed);
			await this.#afterwards();
		} catch (error) {
			// A bug in one of the rooms: the page says so, and a new seed begins anew.
			this.#stopped = error instanceof Error ? error.message : String(error);
			this.#wake();
		}
	}

	/** The phone and the owner look, and the page is told. */
	async #afterwards(): Promise<void> {
		const world = this.#world;
		await world.phone.look();
		if (!world.faults.active.includes("cloud-killed") && world.takeLedgerIsOld())
			world.ledger = await world.stage.ledger();
		const wires = world.wires.read(world.stage.machine.board.clock.now);
		for (const { atNs, bus, name, what } of wires.slice(-wiresATick))
			this.#log.say({ log: "wires", atMs: atNs / 1e6, bus, name, what });
		this.#wake();
	}

	#wake(): void {
		this.#state = undefined;
		for (const resolve of this.#waiting) resolve();
		this.#waiting.clear();
	}

	async #perform(command: Command): Promise<void> {
		const { stage, phone, hands, collection, faults } = this.#world;
		switch (command.do) {
			case "tap":
				if (!(await phone.tap(command.slots))) return;
				hands.carryHome();
				collection.carryHome();
				return;
			case "card":
				return phone.chooseCard(command.card);
			case "open":
				if (stage.shopper.open()) return;
				throw new NotPossible("The bolt holds the door shut. Unlock it with the phone.");
			case "close":
				return stage.shopper.close();
			case "force":
				return stage.shopper.force();
			case "take":
				return hands.take(command.thing);
			case "put":
				return hands.put(command.thing, command.shelf);
			case "stone":
				return hands.chooseStone(command.grams);
			case "collect":
				return collection.collect();
			case "fault":
				return faults.toggle(command.name);
			case "speed":
				this.#speed = command.speed;
				return;
			case "reset":
				return this.#reset(command.seed, command.kind ?? this.#world.kind);
		}
	}

	async #reset(seed: number, kind: PageKind): Promise<void> {
		const before = this.#world.stage;
		this.#log.clear();
		this.#world = await raise({ ...this.#options, seed, kind }, this.#log);
		this.#stopped = null;
		this.generation++;
		await before.close();
	}

	#look(): PageState {
		const { seed, kind, stage, phone, faults, view, cameras, ledger } = this.#world;
		return {
			machine: {
				id: stage.machineId,
				kind,
				seed,
				engine: this.#options.xsHost ? "xs" : "node",
				currency: "usd",
				products: catalogues[kind].map(({ sku, name, priceCents, massMilligrams, shelf }) => ({
					sku,
					name,
					priceCents,
					massMilligrams,
					shelf,
				})),
				cards,
				faults: pageFaults(),
			},
			time: { atMs: stage.atMs, speed: this.#speed },
			...view.look(!faults.active.includes("power-cut")),
			cameras: cameras === undefined ? null : { scene: cameras.scene },
			phone: phone.state,
			sale: phone.sale,
			ledger,
			faults: faults.active,
			stopped: this.#stopped,
		};
	}
}

/** Sets up a machine, and everything that the page needs around it. */
async function raise({ seed, kind, xsHost }: LiveStageOptions, log: LineLog): Promise<World> {
	let wires: WireLines | undefined;
	let ledgerIsOld = false;
	const stage = await MemoryStage.open({
		seed,
		kind,
		products: catalogues[kind],
		holdCents: demoHoldCents,
		xsHost,
		equipped: true,
		onEvent: (event) => {
			if (/^(payment|sale)\./.test(event.event)) ledgerIsOld = true;
			const text = storyText(event);
			if (text !== undefined) log.say({ log: "story", atMs: event.atMs, room: event.room, text });
		},
		onTrace: (trace) => {
			wires = new WireLines(trace);
			trace.tap((record, [atNs, topic, payload]) => {
				if (record !== "message") return;
				const text = String(payload);
				const atMs = Number(atNs) / 1e6;
				log.say({ log: "messages", atMs, topic: String(topic), bytes: text.length, body: messageBody(text) });
			});
		},
	});
	if (wires === undefined) throw new Error("the stage has no trace");
	const phone = new ShopperPhone(stage);
	await phone.chooseCard(cards[0].id);
	const hands = new Hands(stage.machine.fridge);
	const collection = new Collection(stage.machine, catalogues[kind]);
	return {
		seed,
		kind,
		stage,
		phone,
		hands,
		collection,
		faults: new FaultBoard(stage, seed),
		view: new MachineView(stage.machine, hands, collection),
		wires,
		cameras: kind === "fridge" ? new CameraView(stage.machine, stage.shopper.hand, seed) : undefined,
		ledger: [],
		takeLedgerIsOld() {
			const isOld = ledgerIsOld;
			ledgerIsOld = false;
			return isOld;
		},
	};
}
