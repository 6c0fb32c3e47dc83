import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Play } from "../language/play.ts";
import type { PlayOptions, PlayResult } from "../language/play-scenario.ts";
import type { VirtualMachine } from "../machine/virtual-machine.ts";
import type { RunTrace } from "../scenario/run-trace.ts";
import { encodeOled } from "../trace/oled-picture.ts";
import { readOled } from "../trace/oled-text.ts";
import { VcdTrace } from "../trace/vcd.ts";
import { type BusEvent, BusLog } from "./bus-log.ts";

/** A picture is taken when the display has not changed for this long. */
const restNs = 100_000_000;
/** Pictures of one run; a display that changes without end does not fill a disk. */
const pictureLimit = 200;

/** What a run leaves: `trace.vcd`, `events.ndjson`, `oled-….png`, `receipt.json`, `run.json`. */
export interface EvidenceFiles {
	readonly folder: string;
	readonly files: readonly string[];
}

interface Picture {
	readonly atNs: number;
	readonly pixels: Uint8Array;
}

/** Names of what the stage records, by the kind of the record. The first member is the time, nanoseconds. */
const members: Readonly<Record<string, readonly string[]>> = Object.freeze({
	message: ["topic", "payload"],
	event: ["room", "event", "fields"],
	request: ["method", "path", "body"],
	response: ["status", "body"],
	webhook: ["body"],
	payment: ["method", "path", "idempotencyKey", "body"],
	"payment-answer": ["status", "body"],
});

/** Members that hold JSON, to be written as what they say. */
const json: ReadonlySet<string> = new Set(["fields"]);

/**
 * Watches a run and keeps what somebody will ask for later: the wires, the events of all rooms, the display, the
 * receipt, and how to run it again. Give its `options` to `playScenario`.
 */
export class Evidence {
	readonly options: Pick<PlayOptions, "busEdges" | "onTrace" | "onMachine" | "onEnd">;
	readonly #folder: string;
	readonly #file: string | undefined;
	readonly #lines: { readonly atNs: number; readonly line: object }[] = [];
	readonly #pictures: Picture[] = [];
	#vcd: VcdTrace | undefined;
	#written: EvidenceFiles | undefined;

	/**
	 * @param folder is made when it is not there; what an earlier run left in it is replaced.
	 * @param file of the scenario, where it came from one.
	 */
	constructor(folder: string, file?: string) {
		this.#folder = folder;
		this.#file = file;
		this.options = {
			busEdges: true,
			onTrace: (trace) => this.#watch(trace),
			onMachine: (machine) => this.#look(machine),
			onEnd: async (play, result) => {
				this.#written = await this.#write(play, result);
			},
		};
	}

	/** What was written, once the run is over. */
	get written(): EvidenceFiles | undefined {
		return this.#written;
	}

	/** How somebody who is given the folder runs the same again. */
	#origin({ seed, engine }: PlayResult): object {
		if (this.#file === undefined) return {};
		const options = `--seed ${seed}${engine === "xs" ? " --engine xs" : ""}`;
		return { file: this.#file, again: `npx visionvend-sim run ${this.#file} ${options}` };
	}

	#watch(trace: RunTrace): void {
		trace.tap((kind, [at, ...values]) => {
			const names = members[kind];
			if (names === undefined || typeof at !== "number") return;
			const named = names.map((name, index) => {
				const value = values[index] ?? "";
				return [name, json.has(name) ? JSON.parse(String(value)) : value] as const;
			});
			this.#lines.push({ atNs: at, line: { atNs: at, kind, ...Object.fromEntries(named) } });
		});
		new BusLog(trace).listen((event) => this.#lines.push({ atNs: event.atNs, line: lineOf(event) }));
	}

	#look({ board, display }: VirtualMachine): void {
		this.#vcd = new VcdTrace(board.clock, board.nets.values());
		const before = display.onFrame;
		let cancel: () => void = () => undefined;
		display.onFrame = (pixels) => {
			before?.(pixels);
			cancel();
			const atNs = board.clock.now;
			cancel = board.clock.after(restNs, () => this.#keep({ atNs, pixels: display.pixels.slice() }));
		};
	}

	#keep(picture: Picture): void {
		const last = this.#pictures.at(-1);
		if (this.#pictures.length >= pictureLimit || last?.pixels.every((pixel, index) => pixel === picture.pixels[index]))
			return;
		this.#pictures.push(picture);
	}

	async #write({ stage, saleId, busLog }: Play, result: PlayResult): Promise<EvidenceFiles> {
		await mkdir(this.#folder, { recursive: true });
		for (const name of await readdir(this.#folder))
			if (/^oled-\d+-\d+ms\.png$/.test(name)) await rm(join(this.#folder, name));
		// What is still on the wires has not been told yet.
		const open = busLog.unfinished().map((event) => ({ atNs: event.atNs, line: lineOf(event) }));
		const lines = [...this.#lines, ...open].sort((a, b) => a.atNs - b.atNs);
		const sale = saleId === undefined ? undefined : await stage.phone.sale(saleId).catch(() => undefined);
		const pictures = this.#pictures.map(({ atNs, pixels }, index) => ({
			name: `oled-${String(index + 1).padStart(3, "0")}-${Math.round(atNs / 1e6)}ms.png`,
			pixels,
		}));
		const receipt = {
			sale: sale ?? null,
			gone: stage.machine.fridge.taken().map(({ sku, priceCents, milligrams }) => ({ sku, priceCents, milligrams })),
			fell: (stage.machine.rack?.dropped ?? []).map(({ slot, sku, priceCents }) => ({ slot, sku, priceCents })),
			payments: stage.payments
				.paymentIntents()
				.map(({ id, status, amount, amount_received }) => ({ id, status, amount, amountReceived: amount_received })),
			ledger: await stage.ledger().catch(() => null),
			display: readOled(stage.machine.display.pixels),
		};
		const run = {
			...this.#origin(result),
			...result,
			lostEdges: this.#vcd?.lostEdges ?? 0,
			pictures: pictures.map(({ name }) => name),
		};
		const files: [name: string, content: string | Uint8Array][] = [
			["trace.vcd", this.#vcd?.text() ?? ""],
			["events.ndjson", lines.map(({ line }) => `${JSON.stringify(line)}\n`).join("")],
			...pictures.map(({ name, pixels }): [string, Uint8Array] => [name, encodeOled(pixels)]),
			["receipt.json", `${JSON.stringify(receipt, null, 2)}\n`],
			["run.json", `${JSON.stringify(run, null, 2)}\n`],
		];
		for (const [name, content] of files) await writeFile(join(this.#folder, name), content);
		return { folder: this.#folder, files: files.map(([name]) => name) };
	}
}

function lineOf({ atNs, untilNs, bus, name, what }: BusEvent): object {
	return { atNs, kind: "bus", untilNs, bus, name, what };
}
