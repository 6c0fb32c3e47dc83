import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Picture } from "@visionvend/pi-runtime/decide/eyes";
import { formatCents } from "@visionvend/sdk/catalog/money";
import type { VirtualMachine } from "../machine/virtual-machine.ts";
import type { Outcome } from "../scenario/run-scenario.ts";
import type { StageEvent } from "../scenario/stage.ts";
import { encodeOled } from "../trace/oled-picture.ts";
import { VcdTrace } from "../trace/vcd.ts";
import { nameOf } from "./name-of.ts";
import { words } from "./timeline.ts";

/** Moments whose display is worth a picture. */
const moments = {
	"controller hello.sent": "idle",
	"controller lock.energised": "door-unlocked",
	"controller door.opened": "door-open",
	"controller receipt.shown": "receipt",
} as const;
type Moment = (typeof moments)[keyof typeof moments];

/** Pictures of this program, of the display and of the cameras. */
const pictureNames = /^(oled-[a-z-]+|camera-\d-(before|after))\.png$/;

const drawingNs = 100_000_000;

/** What a run leaves behind: pictures of the display, a trace of the wires, the receipt, the story. */
export class Keepsakes {
	readonly #machine: VirtualMachine;
	readonly #vcd: VcdTrace;
	readonly #pictures = new Map<Moment, Uint8Array>();

	constructor(machine: VirtualMachine) {
		this.#machine = machine;
		this.#vcd = new VcdTrace(machine.board.clock, machine.board.nets.values());
	}

	/** Takes a picture of the display when the moment is one to keep. */
	see(event: StageEvent): void {
		const key = `${event.room} ${event.event}`;
		if (!isMoment(key)) return;
		const { board, display } = this.#machine;
		// The firmware draws after it has told; a frame is over the bus within some 30 ms.
		board.clock.after(drawingNs, () => this.#pictures.set(moments[key], display.pixels.slice()));
	}

	/** The display as it looks now, or at its last interesting moment. */
	get lastPicture(): Uint8Array {
		return this.#pictures.get("receipt") ?? this.#pictures.get("door-unlocked") ?? this.#machine.display.pixels;
	}

	/** Writes everything, removes pictures that an earlier run left and this one has not, and returns the files' names. */
	async write(
		folder: string,
		outcome: Outcome,
		story: readonly string[],
		/** What cameras saw. */
		seen: readonly Picture[],
	): Promise<string[]> {
		await mkdir(folder, { recursive: true });
		for (const name of await readdir(folder)) if (pictureNames.test(name)) await rm(join(folder, name));
		const files: [name: string, content: string | Uint8Array][] = [
			...[...this.#pictures].map(([moment, pixels]): [string, Uint8Array] => [
				pictureName(moment),
				encodeOled(pixels, 4, { bezel: true }),
			]),
			...seen.map(({ name, bytes }): [string, Uint8Array] => [name, bytes]),
			["wires.vcd", this.#vcd.text()],
			["receipt.txt", receiptText(outcome)],
			["receipt.json", `${JSON.stringify(outcome, null, 2)}\n`],
			["timeline.txt", `${story.join("\n")}\n`],
		];
		for (const [name, content] of files) await writeFile(join(folder, name), content);
		return files.map(([name]) => name);
	}
}

function isMoment(key: string): key is keyof typeof moments {
	return Object.hasOwn(moments, key);
}

function pictureName(moment: Moment): string {
	return `oled-${moment}.png`;
}

const withoutItems: Readonly<Record<Outcome["result"], string>> = {
	captured: "nothing taken",
	cancelled: "nothing taken",
	review: "what was taken is for a person to say",
	refused: "the request was refused",
	unfinished: "the sale has not ended",
};

function receiptText(outcome: Outcome): string {
	const restCents = outcome.heldCents - outcome.capturedCents;
	const lines = outcome.items.map(
		({ sku, quantity, unitPriceCents }) =>
			`${String(quantity).padStart(3)} × ${nameOf(sku).padEnd(24)} ${formatCents(quantity * unitPriceCents, "usd").padStart(8)}`,
	);
	return [
		"VisionVend · Lobby fridge",
		"",
		...(lines.length > 0 ? lines : [`  ${withoutItems[outcome.result]}`]),
		"".padEnd(39, "-"),
		`      ${"Total".padEnd(24)} ${formatCents(outcome.capturedCents, "usd").padStart(8)}`,
		`      ${(outcome.result === "review" ? "Still held" : "Held, and let go").padEnd(24)} ${formatCents(restCents, "usd").padStart(8)}`,
		"",
		outcome.result === "captured"
			? "Thank you."
			: `${outcome.result}${outcome.cause ? `: ${words(outcome.cause)}` : ""}`,
		"",
	].join("\n");
}
