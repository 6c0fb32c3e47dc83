import { Buzzer } from "@visionvend/drivers/buzzer";
import { NeoPixel } from "@visionvend/drivers/neopixel";
import { SSD1306 } from "@visionvend/drivers/ssd1306";
import { messages, type ScreenMessages } from "@visionvend/drivers/strings";
import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { TimerHandle } from "@visionvend/sdk/device/io/timer";
import type { ControllerConfiguration, ReceiptBody } from "@visionvend/sdk/device/messages";
import type { ControllerHost } from "./controller-host.ts";
import type { MachinePhase } from "./machine.ts";
import { formatPrice } from "./price.ts";
import { shorten, wrap } from "./screen-text.ts";

const BEEP_MS = 100;
const ALARM_MS = 1_000;
const IDENTIFY_MS = 10_000;
const BLINK_MS = 500;
/** Lines of a receipt: its heading is line 0, what was bought comes below, and the total has the last three. */
const FIRST_ITEM_LINE = 1;
const ITEM_LINES = 4;
const TOTAL_LINE = 5;
const AMOUNT_LINE = 6;

interface Color {
	readonly red: number;
	readonly green: number;
	readonly blue: number;
}

const GREEN: Color = Object.freeze({ red: 0, green: 255, blue: 0 });
const BLUE: Color = Object.freeze({ red: 0, green: 0, blue: 255 });
const RED: Color = Object.freeze({ red: 255, green: 0, blue: 0 });
const WHITE: Color = Object.freeze({ red: 255, green: 255, blue: 255 });
const DARK: Color = Object.freeze({ red: 0, green: 0, blue: 0 });

/** What the machine is doing, or why it does nothing. */
export type View = MachinePhase | "low-battery";

/** Screen, light and sound. A part that is missing or broken is told once and left away: it never stops a sale. */
export class Feedback {
	readonly #host: ControllerHost;
	readonly #machineId: string;
	readonly #kind: ControllerConfiguration["kind"];
	readonly #languages: readonly string[];
	readonly #pins: ControllerConfiguration["pins"];
	readonly #lights: NeoPixel;
	readonly #buzzer: Buzzer;
	#display: SSD1306 | undefined;
	#displayFailed = false;
	/** As it is when nothing blinks. */
	#color = DARK;
	#blinking: TimerHandle | undefined;

	constructor(host: ControllerHost, configuration: ControllerConfiguration) {
		const { kind, languages, machineId, pins } = configuration;
		this.#host = host;
		this.#machineId = machineId;
		this.#kind = kind;
		this.#languages = languages;
		this.#pins = pins;
		this.#lights = new NeoPixel({ output: { io: host.io.SPI, out: pins.neopixel }, length: 1 });
		this.#buzzer = new Buzzer({ output: { io: host.io.PWM, pin: pins.buzzer }, timer: host.timer });
	}

	/** What the machine is doing, in the language of whoever stands in front of it. */
	showView(view: View, language: string): void {
		const texts = this.#texts(language);
		switch (view) {
			case "locked":
				this.#light(GREEN);
				this.#say(this.#kind === "fridge" ? texts.tapToUnlock : texts.tapToBuy, this.#machineId);
				break;
			case "measuring":
			case "settling":
				this.#light(BLUE);
				this.#say(texts.pleaseWait);
				break;
			case "unlocked":
				this.#light(BLUE);
				this.#say(texts.doorUnlocked);
				this.#buzzer.beep(BEEP_MS);
				break;
			case "open":
				this.#light(BLUE);
				this.#say(texts.doorOpen);
				break;
			case "delivering":
				this.#light(BLUE);
				this.#say(texts.delivering);
				break;
			case "ajar":
			case "forced":
				this.#light(RED);
				this.#say(texts.closeDoor);
				this.#buzzer.beep(ALARM_MS);
				break;
			case "service":
				this.#light(WHITE);
				this.#say(texts.service, this.#machineId);
				break;
			case "health-lock":
				this.#light(RED);
				this.#say(texts.foodSafety, this.#machineId);
				break;
			case "low-battery":
				this.#light(RED);
				this.#say(texts.lowBattery, this.#machineId);
				break;
			case "fault":
				this.#light(RED);
				this.#say(texts.outOfService, this.#machineId);
				break;
		}
	}

	/** `display` while it does not answer. */
	get faults(): readonly string[] {
		return this.#displayFailed ? ["display"] : [];
	}

	showThanks(language: string): void {
		this.#light(GREEN);
		this.#say(this.#texts(language).thankYou);
	}

	showReceipt(receipt: ReceiptBody): void {
		const texts = this.#texts(receipt.language);
		if (receipt.outcome === "review") this.#say(texts.review);
		else if (receipt.outcome === "cancelled" || receipt.items.length === 0) this.#say(texts.noCharge);
		else this.#draw((display) => drawReceipt(display, receipt, texts));
	}

	/** Blinks and beeps for 10 s, so that a person finds this machine among others; then the light is as it was. */
	identify(): void {
		this.#endBlinking();
		let left = IDENTIFY_MS / BLINK_MS;
		this.#blinking = this.#host.timer.repeat(() => {
			left -= 1;
			const isOn = left % 2 === 1;
			if (left <= 0) this.#endBlinking();
			this.#shine(left <= 0 ? this.#color : isOn ? WHITE : DARK);
			if (isOn) this.#buzzer.beep(BEEP_MS);
		}, BLINK_MS);
	}

	close(): void {
		this.#endBlinking();
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
		if (this.#blinking === undefined) this.#shine(color);
	}

	#shine({ red, green, blue }: Color): void {
		this.#lights.setPixel(0, red, green, blue);
		this.#lights.update();
	}

	#endBlinking(): void {
		if (this.#blinking !== undefined) this.#host.timer.clear(this.#blinking);
		this.#blinking = undefined;
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
