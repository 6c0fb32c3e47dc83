import { toMilligrams } from "@visionvend/sdk/device/scale/calibration";
import { countsPerKilogram, zeroCounts } from "../machine/demo-wiring.ts";
import type { VirtualMachine } from "../machine/virtual-machine.ts";
import { readOled } from "../trace/oled-text.ts";
import type { Collection } from "./collection.ts";
import type { Hands } from "./hands.ts";
import type { PageScale, PageState } from "./page-state.ts";

/** A tone is heard as long as its wire moved within this time: a period of 20 Hz. */
const tonePeriodNs = 50_000_000;

/** The sections of the page that show the machine and what is in it, as it is now. */
export type MachineSections = Pick<
	PageState,
	| "controller"
	| "display"
	| "light"
	| "buzzer"
	| "lock"
	| "door"
	| "shelves"
	| "scales"
	| "slots"
	| "tray"
	| "coffee"
	| "climate"
	| "basket"
	| "basketCents"
>;

/** Looks at a machine again and again, without touching it. */
export class MachineView {
	readonly #machine: VirtualMachine;
	readonly #hands: Hands;
	readonly #collection: Collection;
	#pixels: Uint8Array | undefined;
	#display: PageState["display"] | undefined;
	#buzzerMovedAtNs = Number.NEGATIVE_INFINITY;

	constructor(machine: VirtualMachine, hands: Hands, collection: Collection) {
		this.#machine = machine;
		this.#hands = hands;
		this.#collection = collection;
		for (const net of machine.board.nets.values())
			if (net.name === "buzzer")
				net.watch(() => {
					this.#buzzerMovedAtNs = machine.board.clock.now;
				});
	}

	/** `powered`: the mains have not failed; without them nothing glows. */
	look(powered: boolean): MachineSections {
		const { fridge, lights, lock, climate, running, resets, lockOpenings, statistics } = this.#machine;
		const { door } = fridge;
		const off = { red: 0, green: 0, blue: 0 };
		return {
			controller: {
				running,
				resets: resets.length,
				lockOpenings,
				...(statistics === undefined
					? undefined
					: { slotsPermille: Math.round((1_000 * statistics.slotsPeak) / statistics.slotsBudget) }),
			},
			display: this.#look(),
			light: { ...(powered ? (lights.colors[0] ?? off) : off) },
			buzzer: this.#listen(),
			lock: { energised: lock.energised, released: lock.released },
			door: { degrees: Math.round(door.angleDegrees * 10) / 10, open: door.open, latched: door.latched },
			shelves: fridge.shelves.map((shelf) => ({ things: shelf.things.map((thing) => this.#hands.describe(thing)) })),
			scales: this.#weigh(),
			slots: this.#collection.slots,
			tray: this.#collection.tray,
			coffee: this.#collection.coffee,
			climate: climate
				? {
						celsius: Math.round(climate.celsius * 10) / 10,
						roomCelsius: climate.roomCelsius,
						compressorRuns: climate.compressorRuns,
						defrosting: climate.defrosting,
					}
				: null,
			basket: [...this.#hands.held, ...this.#collection.held],
			basketCents: this.#hands.cents + this.#collection.heldCents,
		};
	}

	#look(): PageState["display"] {
		const { display } = this.#machine;
		// The chip makes a new picture only when its memory has changed.
		if (this.#display === undefined || this.#pixels !== display.pixels) {
			this.#pixels = display.pixels;
			this.#display = {
				on: display.on,
				contrast: display.contrast,
				pixels: packed(display.pixels),
				text: readOled(display.pixels),
			};
		}
		return this.#display;
	}

	#listen(): PageState["buzzer"] {
		const { buzzer, board } = this.#machine;
		const last = buzzer.beeps.at(-1);
		return {
			sounds: board.clock.now - this.#buzzerMovedAtNs < tonePeriodNs,
			beeps: buzzer.beeps.length,
			hz: last?.hz ?? 0,
			lastMs: Math.round((last?.durationNs ?? 0) / 1e6),
		};
	}

	#weigh(): PageScale[] {
		const { fridge, cells } = this.#machine;
		return fridge.shelves.map((shelf) => {
			const cell = cells[shelf.number];
			const zero = zeroCounts[shelf.number] ?? 0;
			const calibration = { zeroCounts: zero, loadCounts: zero + countsPerKilogram, loadMilligrams: 1_000_000 };
			return {
				trueMilligrams: shelf.massMilligrams,
				loadMilligrams: shelf.loadMilligrams,
				awake: cell !== undefined && !cell.asleep,
				...(cell?.fetched === undefined ? undefined : { readMilligrams: toMilligrams(cell.fetched, calibration) }),
			};
		});
	}
}

function packed(pixels: Uint8Array): string {
	const bytes = new Uint8Array(pixels.length / 8);
	pixels.forEach((pixel, index) => {
		if (pixel === 1) bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (0x80 >> (index & 7));
	});
	return Buffer.from(bytes).toString("base64");
}
