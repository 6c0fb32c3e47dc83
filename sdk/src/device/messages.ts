/**
 * The bodies of all messages, as plain types that the device can import. The zod schemas in `protocol/messages.ts` say
 * the exact ranges; `validators.generated.ts` checks them on the device. All numbers are integers.
 */

/** cloud → controller: say hello, and give a fresh nonce. */
export interface HelloRequestBody {
	/** Echoed in the hello, so that the cloud knows which request it answers. */
	readonly request: string;
}

/** cloud → controller: open once. The claim `nonce` carries the nonce of the last hello. */
export interface UnlockBody {
	readonly saleId: string;
	/** One per sale and machine, rising. Executed only when greater than every counter before. */
	readonly counter: number;
	/** How long the door may wait to be opened. */
	readonly windowMs: number;
	/** Language of the screen during this sale: `en`. */
	readonly language: string;
}

/** cloud → controller: what the sale came to, for the screen. */
export interface ReceiptBody {
	readonly saleId: string;
	readonly outcome: "captured" | "cancelled" | "review";
	readonly items: readonly { readonly name: string; readonly quantity: number }[];
	readonly totalCents: number;
	/** ISO 4217, `USD` or `usd`. */
	readonly currency: string;
	readonly language: string;
}

/** controller → cloud: here I am, and this is how an unlock must be made. */
export interface HelloBody {
	/** The `request` that this answers; empty when nobody asked. */
	readonly request: string;
	/** Counts starts of the controller. */
	readonly boot: number;
	/** 16 random bytes, base64url; the next unlock must carry it. */
	readonly nonce: string;
	/** The highest counter that was executed or consumed; 0 before the first. */
	readonly counter: number;
	/** Unsigned 32 bits: bit i is set when `counter - i` was executed. */
	readonly executed: number;
	/** State of the lock machine. */
	readonly phase: string;
	readonly firmware: string;
	readonly resetReason: string;
}

/** controller → cloud: the door moved, or did not when it should have. */
export interface DoorBody {
	readonly state: "opened" | "closed" | "ajar" | "forced";
	/** Empty when the door moved outside of a sale. */
	readonly saleId: string;
	/** Milliseconds since the controller's start. */
	readonly atMs: number;
}

/** controller → cloud: what became of an unlock. */
export interface CommandBody {
	readonly saleId: string;
	readonly counter: number;
	readonly result: "executed" | "refused";
	/** Why it was refused; empty when executed. */
	readonly reason: string;
}

/** What was out of the ordinary in a sale. */
export type SaleFlag = "ajar" | "resumed" | "forced" | "unstable" | "scale-fault";

/** One scale, before the lock opened and after the door closed. */
export interface ShelfReading {
	readonly shelf: number;
	readonly baselineMilligrams: number;
	readonly finalMilligrams: number;
	/** Largest minus smallest of the readings that were taken for settled. */
	readonly spreadMilligrams: number;
}

/** controller → pi, sealed for the cloud: how a sale, or a forced opening, ended. */
export interface SaleReportBody {
	/** Empty for a forced opening. */
	readonly saleId: string;
	readonly counter: number;
	readonly boot: number;
	/** False when the window ran out and the door never moved. */
	readonly opened: boolean;
	readonly doorOpenMs: number;
	readonly flags: readonly SaleFlag[];
	readonly shelves: readonly ShelfReading[];
}

/** cloud → pi: the report is stored for good. */
export interface AckBody {
	readonly reportId: string;
	readonly saleId: string;
	/** What the sale came to: `captured`, `cancelled`, `review`. */
	readonly outcome: string;
}

/** controller → cloud, from time to time. */
export interface HealthBody {
	readonly uptimeMs: number;
	readonly boot: number;
	readonly doorClosed: boolean;
	/** One per scale, topmost shelf first. */
	readonly massesMilligrams: readonly number[];
	readonly phase: string;
}

/** A key as configuration carries it. */
export interface ConfiguredKey {
	/** `cloud-controller.1`: from, to, version. */
	readonly kid: string;
	/** 32 bytes, base64url. */
	readonly key: string;
}

/** The scale under one shelf: its HX711's pins and its two-point calibration. */
export interface ConfiguredScale {
	readonly shelf: number;
	readonly clock: number;
	readonly data: number;
	readonly zeroCounts: number;
	readonly loadCounts: number;
	readonly loadMilligrams: number;
}

/** GPIO numbers of the controller, scales excepted. */
export interface ControllerPins {
	readonly lock: number;
	readonly hall: number;
	readonly oledData: number;
	readonly oledClock: number;
	readonly neopixel: number;
	readonly buzzer: number;
	readonly linkReceive: number;
	readonly linkTransmit: number;
	readonly piSignal: number;
}

/** Everything that the controller's firmware has to know; kept as JSON under the storage key `configuration`. */
export interface ControllerConfiguration {
	readonly machineId: string;
	readonly keys: {
		/** cloud → controller */
		readonly receive: ConfiguredKey;
		/** controller → cloud */
		readonly send: ConfiguredKey;
	};
	readonly pins: ControllerPins;
	readonly scales: readonly ConfiguredScale[];
	readonly lock: {
		/** Longest time the coil is on at a stretch, at most 5,000. */
		readonly pulseMs: number;
		/** How long the door may wait to be opened. */
		readonly windowMs: number;
		/** A door open longer than this is ajar. */
		readonly ajarMs: number;
	};
	/** Languages of the screen; the first is the default. */
	readonly languages: readonly string[];
	readonly linkBaud: number;
}
