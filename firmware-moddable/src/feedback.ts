import { Buzzer } from "@visionvend/drivers/buzzer";
import { NeoPixel } from "@visionvend/drivers/neopixel";
import { SSD1306 } from "@visionvend/drivers/ssd1306";
import { messages, type ScreenMessages } from "@visionvend/drivers/strings";
import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { LockPhase } from "@visionvend/sdk/device/lock/lock-state";
import type { ControllerConfiguration, ReceiptBody } from "@visionvend/sdk/device/messages";
import type { ControllerHost } from "./controller-host.ts";
import { formatPrice } from "./price.ts";
import { shorten, wrap } from "./screen-text.ts";

const BEEP_MS = 100;
const ALARM_MS = 1_000;
/** Lines of a receipt: its heading is line 0, what was bought comes below, and the total has the last three. */
const FIRST_ITEM_LINE = 1;
const ITEM_LINES = 4;
const TOTAL_LINE = 5;
const AMOUNT_LINE = 6;

type Color = "green" | "blue" | "red";

/** Screen, light and sound. A part that is missing or broken is told once and left away: it never stops a sale. */
export class Feedback {
	readonly #host: ControllerHost;
	readonly #machineId: string;
	readonly #languages: readonly string[];
	readonly #pins: ControllerConfiguration["pins"];
	readonly #lights: NeoPixel;
	readonly #buzzer: Buzzer;
	#display: SSD1306 | undefined;
	#displayFailed = false;
	#color: Color | undefined;

	constructor(host: ControllerHost, configuration: ControllerConfiguration) {
		const { languages, machineId, pins } = configuration;
		this.#host = host;
		this.#machineId = machineId;
		this.#languages = languages;
		this.#pins = pins;
		this.#lights = new NeoPixel({ output: { io: host.io.SPI, out: pins.neopixel }, length: 1 });
		this.#buzzer = new Buzzer({ output: { io: host.io.PWM, pin: pins.buzzer }, timer: host.timer });
	}

	/** What the lock is doing, in the language of whoever stands in front of it. */
	showPhase(phase: LockPhase, language: string): void {
		const texts = this.#texts(language);
		switch (phase) {
			case "locked":
				this.#light("green");
				this.#say(texts.tapToUnlock, this.#machineId);
				break;
			case "measuring":
				this.#light("blue");
				this.#say(texts.pleaseWait);
				break;
			case "unlocked":
				this.#light("blue");
				this.#say(texts.doorUnlocked);
				this.#buzzer.beep(BEEP_MS);
				break;
			case "open":
				this.#light("blue");
				this.#say(texts.doorOpen);
				break;
			case "settling":
				this.#light("blue");
				this.#say(texts.pleaseWait);
				break;
			case "ajar":
			case "forced":
				this.#light("red");
				this.#say(texts.closeDoor);
				this.#buzzer.beep(ALARM_MS);
				break;
			default:
				this.#light("red");
				this.#say(texts.outOfService, this.#machineId);
		}
	}

	showThanks(language: string): void {
		this.#light("green");
		this.#say(this.#texts(language).thankYou);
	}

	showReceipt(receipt: ReceiptBody): void {
		const texts = this.#texts(receipt.language);
		if (receipt.outcome === "review") this.#say(texts.review);
		else if (receipt.outcome === "cancelled" || receipt.items.length === 0) this.#say(texts.noCharge);
		else this.#draw((display) => drawReceipt(display, receipt, texts));
	}

	close(): void {
		this.#display?.close();
		this.#lights.close();
		this.#buzzer.close();
	}

	#texts(language: string): ScreenMessages {
		const chosen = this.#languages.includes(language) ? language : (this.#languages[0] ?? "en");
		return chosen.startsWith("es") ? messages.es : messages.en;
	}

	/** A phrase in large letters in the middle of the screen, and below it in small ones what only some people look for. */
	#say(text: string, footnote = ""): void {
		this.#draw((display) => {
			display.clear();
			const lines = wrap(text, largeColumns(display));
			const top = (display.lines - 2 * lines.length) >> 1;
			for (let index = 0; index < lines.length; index++) {
				display.text(top + 2 * index, lines[index]!, { center: true, large: true });
			}
			if (footnote !== "") display.text(display.lines - 1, shorten(footnote, display.columns), { center: true });
		});
	}

	#light(color: Color): void {
		if (color === this.#color) return;
		this.#color = color;
		this.#lights.setPixel(0, color === "red" ? 255 : 0, color === "green" ? 255 : 0, color === "blue" ? 255 : 0);
		this.#lights.update();
	}

	#draw(paint: (display: SSD1306) => void): void {
		try {
			this.#display ??= new SSD1306({
				display: { io: this.#host.io.I2C, data: this.#pins.oledData, clock: this.#pins.oledClock },
			});
			paint(this.#display);
			this.#display.show();
			this.#displayFailed = false;
		} catch (error) {
			if (!(error instanceof HardwareError)) throw error;
			if (!this.#displayFailed) this.#host.log("display.failed", { message: error.message });
			this.#displayFailed = true;
		}
	}
}

function drawReceipt(display: SSD1306, { items, totalCents, currency }: ReceiptBody, texts: ScreenMessages): void {
	display.clear();
	let count = 0;
	for (const { quantity } of items) count += quantity;
	display.text(0, `${texts.items}: ${count}`);
	// When not all lines fit, the last one says so.
	const shown = items.length > ITEM_LINES ? ITEM_LINES - 1 : items.length;
	let left = count;
	for (let index = 0; index < shown; index++) {
		const { quantity, name } = items[index]!;
		left -= quantity;
		display.text(FIRST_ITEM_LINE + index, shorten(`${quantity}× ${name}`, display.columns));
	}
	if (left > 0) display.text(FIRST_ITEM_LINE + shown, `+${left} ${texts.more}`);
	const amount = formatPrice(totalCents, currency);
	display.text(TOTAL_LINE, texts.total, { center: true });
	display.text(AMOUNT_LINE, amount, { center: true, large: amount.length <= largeColumns(display) });
}

function largeColumns(display: SSD1306): number {
	return Math.floor(display.columns / 2);
}
