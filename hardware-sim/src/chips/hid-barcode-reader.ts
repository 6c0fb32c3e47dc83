import type { SimulationClock } from "../clock.ts";
import type { HIDPlug, HIDPort } from "./hid-port.ts";

/** Usages 0x04 to 0x38 of the keyboard page, as a US and as a German computer read them. */
const layouts = {
	us: {
		plain: "abcdefghijklmnopqrstuvwxyz1234567890\0\0\0\0 -=[]\\\0;'`,./",
		shifted: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$%^&*()\0\0\0\0 _+{}|\0:"~<>?',
	},
	german: {
		plain: "abcdefghijklmnopqrstuvwxzy1234567890\0\0\0\0 ß´ü+#\0öä^,.-",
		shifted: "ABCDEFGHIJKLMNOPQRSTUVWXZY!\"§$%&/()=\0\0\0\0 ?`Ü*'\0ÖÄ°;:_",
	},
} as const;

const firstUsage = 0x04;
const terminators = { enter: 0x28, tab: 0x2b, none: 0 } as const;
const leftControl = 0x01;
const leftShift = 0x02;
const dataBytes = 56;

/**
 * USB bar code reader. As `"pos"` it sends scanned data reports of 64 bytes, as `"keyboard"` it types: a report when a key
 * goes down, and one when it comes up again.
 */
export class HIDBarcodeReaderChip {
	readonly #clock: SimulationClock;
	readonly #port: HIDPort;
	readonly #options: Required<Omit<HIDBarcodeReaderChipOptions, "clock" | "port">>;
	#plug: HIDPlug | undefined;
	/** Reports that are under way are of an earlier life after `unplug`. */
	#life = 0;
	#busyUntil = 0;
	#drops: readonly number[] = [];
	#sent = 0;

	constructor(options: HIDBarcodeReaderChipOptions) {
		const { clock, port, ...more } = options;
		this.#clock = clock;
		this.#port = port;
		this.#options = {
			vendorId: 0x0c2e,
			productId: 0x0b81,
			mode: "pos",
			layout: "us",
			terminator: "enter",
			reportMs: 2,
			...more,
		};
		this.plug();
	}

	/** Reads a code. `symbology` is its AIM identifier, which only `"pos"` sends; one byte a character. */
	scan(text: string, symbology = "]Q1"): void {
		if (this.#options.mode === "pos") this.#report(text, symbology);
		else this.#type(text);
	}

	/** Loses the `nth` report from now, 1 is the next. */
	drop(nth = 1): void {
		this.#drops = [...this.#drops, this.#sent + nth];
	}

	plug(): void {
		const { vendorId, productId, mode } = this.#options;
		const usages = mode === "pos" ? { usagePage: 0x8c, usage: 0x02 } : { usagePage: 0x01, usage: 0x06 };
		this.#plug ??= this.#port.plug({ vendorId, productId, ...usages });
	}

	unplug(): void {
		this.#plug?.unplug();
		this.#plug = undefined;
		this.#life++;
	}

	#report(text: string, symbology: string): void {
		const parts = Math.max(1, Math.ceil(text.length / dataBytes));
		for (let part = 0; part < parts; part++) {
			const piece = text.slice(part * dataBytes, (part + 1) * dataBytes);
			const report = new Uint8Array(64);
			report[0] = 2;
			report[1] = piece.length;
			for (let at = 0; at < 3; at++) report[2 + at] = symbology.charCodeAt(at);
			for (let at = 0; at < piece.length; at++) report[5 + at] = piece.charCodeAt(at);
			report[63] = part < parts - 1 ? 1 : 0;
			this.#send(report);
		}
	}

	#type(text: string): void {
		const { plain, shifted } = layouts[this.#options.layout];
		for (const character of text) {
			let wanted = character;
			let modifiers = 0;
			if (character < " ") {
				// GS is typed as Ctrl and "]".
				modifiers = leftControl;
				wanted = String.fromCharCode(character.charCodeAt(0) + 0x40).toLowerCase();
			}
			let index = plain.indexOf(wanted);
			if (index < 0) {
				index = shifted.indexOf(wanted);
				modifiers |= leftShift;
			}
			if (index < 0)
				throw new Error(
					`HIDBarcodeReaderChip: no key of layout "${this.#options.layout}" types ${JSON.stringify(character)}.`,
				);
			this.#stroke(modifiers, firstUsage + index);
		}
		const end = terminators[this.#options.terminator];
		if (end !== 0) this.#stroke(0, end);
	}

	#stroke(modifiers: number, usage: number): void {
		this.#send(Uint8Array.of(modifiers, 0, usage, 0, 0, 0, 0, 0));
		this.#send(new Uint8Array(8));
	}

	#send(report: Uint8Array): void {
		const life = this.#life;
		this.#busyUntil = Math.max(this.#clock.now, this.#busyUntil) + this.#options.reportMs * 1e6;
		this.#clock.after(this.#busyUntil - this.#clock.now, () => {
			if (life !== this.#life) return;
			this.#sent++;
			if (!this.#drops.includes(this.#sent)) this.#plug?.send(report);
		});
	}
}

export interface HIDBarcodeReaderChipOptions {
	readonly clock: SimulationClock;
	readonly port: HIDPort;
	readonly vendorId?: number;
	readonly productId?: number;
	readonly mode?: "pos" | "keyboard";
	/** The keyboard that it was set up for. A computer with another one reads other characters. */
	readonly layout?: keyof typeof layouts;
	readonly terminator?: keyof typeof terminators;
	/** Between two reports: the speed of typing is half a character in that time. */
	readonly reportMs?: number;
}
