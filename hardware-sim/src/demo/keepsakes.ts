import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formatCents } from "@visionvend/sdk/catalog/money";
import type { Outcome } from "../scenario/run-scenario.ts";
import type { Stage, StageEvent } from "../scenario/stage.ts";
import { encodeOled } from "../trace/oled-picture.ts";
import { VcdTrace } from "../trace/vcd.ts";

/** Moments whose display is worth a picture. */
const moments: Readonly<Record<string, string>> = {
	"controller hello.sent": "idle",
	"controller lock.energised": "door-unlocked",
	"controller door.opened": "door-open",
	"controller receipt.shown": "receipt",
};

const drawingNs = 100_000_000;

/** What a run leaves behind: pictures of the display, a trace of the wires, the receipt, the story. */
export class Keepsakes {
	readonly #stage: Stage;
	readonly #vcd: VcdTrace;
	readonly #pictures = new Map<string, Uint8Array>();

	constructor(stage: Stage) {
		this.#stage = stage;
		this.#vcd = new VcdTrace(stage.machine.board.clock, stage.machine.board.nets.values());
	}

	/** Takes a picture of the display when the moment is one to keep. */
	see(event: StageEvent): void {
		const moment = moments[`${event.room} ${event.event}`];
		if (moment === undefined) return;
		const { board, display } = this.#stage.machine;
		// The firmware draws after it has told; a frame is over the bus within some 30 ms.
		board.clock.after(drawingNs, () => this.#pictures.set(moment, display.pixels.slice()));
	}

	/** The display as it looks now, or at its last interesting moment. */
	get lastPicture(): Uint8Array {
		return this.#pictures.get("receipt") ?? this.#pictures.get("door-unlocked") ?? this.#stage.machine.display.pixels;
	}

	/** Writes everything and returns the names of the files. */
	async write(folder: string, outcome: Outcome, story: readonly string[]): Promise<string[]> {
		await mkdir(folder, { recursive: true });
		const files: [name: string, content: string | Uint8Array][] = [
			...[...this.#pictures].map(([moment, pixels]): [string, Uint8Array] => [
				`oled-${moment}.png`,
				encodeOled(pixels, 4, { bezel: true }),
			]),
			["wires.vcd", this.#vcd.text()],
			["receipt.txt", receiptText(outcome)],
			["receipt.json", `${JSON.stringify(outcome, null, 2)}\n`],
			["timeline.txt", `${story.join("\n")}\n`],
		];
		for (const [name, content] of files) await writeFile(join(folder, name), content);
		return files.map(([name]) => join(folder, name));
	}
}

function receiptText(outcome: Outcome): string {
	const lines = outcome.items.map(
		({ sku, quantity, unitPriceCents }) =>
			`${String(quantity).padStart(3)} × ${sku.padEnd(24)} ${formatCents(quantity * unitPriceCents, "usd").padStart(8)}`,
	);
	return [
		"VisionVend · Lobby fridge",
		"",
		...(lines.length > 0 ? lines : ["  nothing taken"]),
		"".padEnd(38, "-"),
		`      ${"Total".padEnd(24)} ${formatCents(outcome.capturedCents, "usd").padStart(8)}`,
		`      ${"Held, and let go".padEnd(24)} ${formatCents(outcome.heldCents - outcome.capturedCents, "usd").padStart(8)}`,
		"",
		outcome.result === "captured" ? "Thank you." : `${outcome.result}${outcome.cause ? `: ${outcome.cause}` : ""}`,
		"",
	].join("\n");
}
