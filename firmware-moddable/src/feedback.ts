import { Buzzer } from "@visionvend/drivers/buzzer";
import { NeoPixel } from "@visionvend/drivers/neopixel";
import { SSD1306 } from "@visionvend/drivers/ssd1306";
import { messages, type ScreenMessages } from "@visionvend/drivers/strings";
import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { LockPhase } from "@visionvend/sdk/device/lock/lock-state";
import type { ControllerConfiguration, ReceiptBody } from "@visionvend/sdk/device/messages";
import type { ControllerHost } from "./controller-host.ts";
import { formatPrice } from "./price.ts";

const BEEP_MS = 100;
const ALARM_MS = 1_000;
/** The middle of eight lines. */
const MIDDLE = 3;
/** Lines of a receipt between its heading and its total. */
const ITEM_LINES = 5;
const TOTAL_LINE = 7;

type Color = "green" | "blue" | "red";

/** Screen, light and sound. A part that is missing or broken is told once and left away: it never stops a sale. */
export class Feedback {
	readonly #host: ControllerHost;
	readonly #languages: readonly string[];
	readonly #pins: ControllerConfiguration["pins"];
	readonly #lights: NeoPixel;
	readonly #buzzer: Buzzer;
	#display: SSD1306 | undefined;
	#displayFailed = false;
	#color: Color | undefined;

	constructor(host: ControllerHost, configuration: ControllerConfiguration) {
		const { languages, pins } = configuration;
		this.#host = host;
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
				this.#say(texts.tapToUnlock);
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
				this.#say(texts.outOfService);
		}
	}

	showThanks(language: string): void {
		this.#light("green");
		this.#say(this.#texts(language).thankYou);
	}

	showReceipt(receipt: ReceiptBody): void {
		const texts = this.#texts(receipt.language);
		this.#draw((display) => {
			display.clear();
			if (receipt.outcome === "review") {
				display.text(MIDDLE, texts.review, { center: true });
				return;
			}
			if (receipt.outcome === "cancelled" || receipt.items.length === 0) {
				display.text(MIDDLE, texts.noCharge, { center: true });
				return;
			}
			let count = 0;
			for (const { quantity } of receipt.items) count += quantity;
			display.text(0, `${texts.items}: ${count}`);
			// When not all lines fit, the last one says so.
			const shown = receipt.items.length > ITEM_LINES ? ITEM_LINES - 1 : receipt.items.length;
			for (let index = 0; index < shown; index++) {
				const { quantity, name } = receipt.items[index]!;
				display.text(1 + index, `${quantity}x ${name}`);
			}
			if (shown < receipt.items.length) display.text(1 + shown, "...");
			display.text(TOTAL_LINE, `${texts.total} ${formatPrice(receipt.totalCents, receipt.currency)}`);
		});
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

	#say(text: string): void {
		this.#draw((display) => {
			display.clear();
			display.text(MIDDLE, text, { center: true });
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
