import type { TimerHandle } from "@visionvend/sdk/device/io/timer";
import type { ReceiptBody } from "@visionvend/sdk/device/messages";
import type { ControllerHost } from "./controller-host.ts";
import type { Feedback, View } from "./feedback.ts";

/** How long a receipt, or the thanks before it, stand there when nobody needs the screen. */
const RECEIPT_MS = 10_000;

export interface ScreenOptions {
	readonly host: ControllerHost;
	readonly feedback: Feedback;
	/** Where nobody is there whose language is known. */
	readonly language: string;
}

/** What the people at the machine see, and in which language: the sale, its receipt, and whatever is the matter. */
export class Screen {
	readonly #options: ScreenOptions;
	#language: string;
	#view: View = "locked";
	#shown: View | undefined;
	/** Thanks or a receipt stand there. */
	#interlude: TimerHandle | undefined;
	/** The sale whose receipt may be shown. */
	#lastSaleId = "";

	constructor(options: ScreenOptions) {
		this.#options = options;
		this.#language = options.language;
	}

	/** Somebody begins a sale, and understands this language. */
	speak(language: string): void {
		if (this.#view === "locked") this.#language = language;
	}

	/** The report of a sale is written: its receipt may come. */
	reported(saleId: string): void {
		this.#lastSaleId = saleId;
	}

	/** `inSession`: somebody is at the machine. */
	show(view: View, inSession: boolean): void {
		this.#view = view;
		const before = this.#shown;
		if (view === before) return;
		this.#shown = view;
		if (inSession) this.#endInterlude();
		const { feedback } = this.#options;
		const isSaleOver = before === "settling" || before === "delivering";
		if (view === "locked" && isSaleOver && this.#lastSaleId !== "") {
			// Until the receipt comes, or nobody waits for it any more.
			feedback.showThanks(this.#language);
			this.#showIdleAfter(RECEIPT_MS);
		} else {
			if (view === "locked") this.#language = this.#options.language;
			feedback.showView(view, this.#language);
		}
	}

	/** False when it is not the last sale's, or comes twice. `inSession`: somebody else is at the machine by now. */
	showReceipt(receipt: ReceiptBody, inSession: boolean): boolean {
		if (receipt.saleId !== this.#lastSaleId) return false;
		this.#lastSaleId = "";
		if (inSession) return true;
		this.#options.feedback.showReceipt(receipt);
		this.#showIdleAfter(RECEIPT_MS);
		return true;
	}

	/** Shows anew what stood there, after something else was shown over it. */
	redraw(): void {
		this.#options.feedback.showView(this.#view, this.#language);
	}

	/** A second call does nothing. */
	close(): void {
		this.#endInterlude();
	}

	#showIdleAfter(milliseconds: number): void {
		this.#endInterlude();
		this.#interlude = this.#options.host.timer.set(() => {
			this.#interlude = undefined;
			this.#language = this.#options.language;
			this.redraw();
		}, milliseconds);
	}

	#endInterlude(): void {
		if (this.#interlude !== undefined) this.#options.host.timer.clear(this.#interlude);
		this.#interlude = undefined;
	}
}
