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

/** cloud → controller: deliver these goods, once. The claim `nonce` carries the nonce of the last hello. */
export interface DispenseBody {
	readonly saleId: string;
	/** Shared with unlocks: one per sale and machine, rising. */
	readonly counter: number;
	/** Slots of a vending machine, or recipes of a coffee machine, one after the other; a slot may come twice. */
	readonly slots: readonly number[];
	readonly language: string;
}

/** cloud → controller: the report of this sale is stored for good; it need not be sent again. */
export interface AcknowledgementBody {
	/** The `jti` of the report. */
	readonly reportId: string;
	readonly saleId: string;
}

/** What a person far away may ask a controller to do. */
export type RemoteAction =
	/** Start anew. */
	| "reboot"
	/** Open for restocking, until `service-end` or for `minutes`. */
	| "service-start"
	| "service-end"
	/** Take what a shelf weighs now for nothing. */
	| "tare"
	/** A known mass of `milligrams` lies on the shelf. */
	| "calibrate"
	/** Say what is wrong with each part. */
	| "diagnose"
	/** Blink and beep, so that a person finds this machine among others. */
	| "identify"
	/** A person has looked at the food: sell again. */
	| "clear-food-lock"
	/** A person has filled all bins of a coffee machine. */
	| "refill";

/** cloud → controller. The claim `nonce` carries the nonce of the last hello: without a fresh one it has expired. */
export interface RemoteCommandBody {
	/** Names the command in every answer. */
	readonly commandId: string;
	readonly action: RemoteAction;
	/** For `tare` and `calibrate`; 0 otherwise. */
	readonly shelf: number;
	/** For `calibrate`; 0 otherwise. */
	readonly milligrams: number;
	/** For `service-start`: 1 to 240; 0 otherwise. */
	readonly minutes: number;
}

/**
 * cloud → controller: new settings. Each member that is given replaces the whole member of the configuration. They are
 * kept when the controller reaches the cloud with them within a minute, else the old ones come back.
 */
export interface ConfigurationUpdateBody {
	readonly commandId: string;
	/** Greater than the version that the controller has. */
	readonly version: number;
	readonly settings: ControllerSettings;
}

/** controller → cloud: how far a remote command, a new configuration or an update has come. */
export interface CommandStatusBody {
	readonly commandId: string;
	readonly state: "received" | "running" | "done" | "failed" | "expired";
	/** Why it failed or expired; empty otherwise. */
	readonly reason: string;
	/** What people want to know: progress, findings; at most 512 characters. */
	readonly detail: string;
}

/** cloud → controller: an image of the firmware, who may run it, and who says so. */
export interface FirmwareManifestBody {
	readonly commandId: string;
	readonly product: string;
	readonly hardware: string;
	/** Semantic Versioning 2.0.0 without pre-release: `1.4.2`. */
	readonly version: string;
	/** Rises when an older version must never run again. */
	readonly floor: number;
	readonly byteLength: number;
	/** 32 bytes, base64url. */
	readonly sha256: string;
	/** ECDSA P-256 over the SHA-256 of the manifest's text, r‖s, 64 bytes, base64url. */
	readonly signature: string;
}

/** controller → cloud: send me this part of the image. */
export interface FirmwareRequestBody {
	readonly commandId: string;
	readonly offset: number;
	readonly byteLength: number;
}

/** cloud → controller: a part of the image. */
export interface FirmwareChunkBody {
	readonly commandId: string;
	readonly offset: number;
	/** At most 768 bytes, base64url. */
	readonly data: string;
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
	readonly kind: MachineKind;
	/** Version of the configuration that it runs with; 0 as provisioned. */
	readonly configuration: number;
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

/** One of the slots that a sale asked for, and what became of it. */
export interface DispenseResult {
	readonly slot: number;
	/** `unknown`: the power went while the machine was at it. */
	readonly outcome: "delivered" | "failed" | "unknown";
	/** Why, when it was not delivered: `nothing-fell`, `jammed`, `no-water`, `power-cut` …; empty otherwise. */
	readonly reason: string;
}

/**
 * controller → pi or cloud, sealed for the cloud: how a sale, or a forced opening, ended. It goes to the pi where there
 * is one, which adds what it saw, and straight to the cloud otherwise.
 */
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
	/** Of a machine that delivers; empty for a fridge. */
	readonly dispensed: readonly DispenseResult[];
}

/** What a scale read over half a second. */
export interface WeightPoint {
	readonly shelf: number;
	/** At the end of it, milliseconds since the controller's start. */
	readonly atMs: number;
	readonly milligrams: number;
	/** Largest minus smallest of its readings. */
	readonly spreadMilligrams: number;
	/** The shelf was at rest. */
	readonly stable: boolean;
}

/** controller → pi, unsealed, over the wire between them: what the shelves weigh while the door is open, where it changed. */
export interface WeightCurveBody {
	/** Empty for an opening by force. */
	readonly saleId: string;
	/** When the message left, milliseconds since the controller's start. */
	readonly atMs: number;
	/** Oldest first. */
	readonly points: readonly WeightPoint[];
}

/** cloud → pi: the report is stored for good. */
export interface AckBody {
	readonly reportId: string;
	readonly saleId: string;
	/** What the sale came to: `captured`, `cancelled`, `review`. */
	readonly outcome: string;
}

/** What is left in a bin of a coffee machine. */
export interface BinLevel {
	readonly name: string;
	/** Portions, counted down; -1 when nobody counts. */
	readonly portions: number;
	/** The level sensor says so. */
	readonly low: boolean;
}

/** controller → cloud, when something changes, and every minute. What the machine does not have is left out. */
export interface HealthBody {
	readonly uptimeMs: number;
	readonly boot: number;
	readonly doorClosed: boolean;
	/** One per scale, topmost shelf first. */
	readonly massesMilligrams: readonly number[];
	readonly phase: string;
	readonly resetReason: string;
	readonly memoryFreeBytes: number;
	readonly supplyMillivolts?: number | undefined;
	/** Hundredths of a degree Celsius. */
	readonly temperatureCentidegrees?: number | undefined;
	/** dBm of the radio. */
	readonly signalDbm?: number | undefined;
	readonly bins?: readonly BinLevel[] | undefined;
	/** Parts that do not work now: `scale-2`, `thermometer`, `bolt` … */
	readonly faults: readonly string[];
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

/** GPIO numbers of the controller, scales excepted. Parts that the machine does not have are left out. */
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
	/** Switch that is closed to ground while the bolt is thrown, so that a cut cable does not look locked. */
	readonly bolt?: number | undefined;
	/** Starts the modem (PWRKEY). */
	readonly modemPower?: number | undefined;
	readonly restockButton?: number | undefined;
	readonly pir?: number | undefined;
}

/** `fridge`: a door that people open. `vending`: slots that let goods fall. `coffee`: recipes that are made. */
export type MachineKind = "fridge" | "vending" | "coffee";

/** How the controller reaches the cloud. */
export interface ConfiguredUplink {
	/** `pi`: over the wire to the Raspberry Pi. `wifi`: MQTT over Wi-Fi. `lte`: MQTT of the SIM7080G. */
	readonly via: "pi" | "wifi" | "lte";
	/** For `wifi`. */
	readonly ssid?: string | undefined;
	readonly password?: string | undefined;
	/** For `lte`. */
	readonly apn?: string | undefined;
	/** For `wifi` and `lte`. */
	readonly broker?:
		| {
				readonly host: string;
				readonly port: number;
				readonly tls: boolean;
				readonly user: string;
				readonly password: string;
		  }
		| undefined;
}

/** The slots of a vending machine: slot n is turned by motor n. */
export interface ConfiguredVending {
	/** One GPIO per slot. */
	readonly motors: readonly number[];
	/** Low while any spiral is away from its home: its switch, in parallel with the others, is closed to ground. */
	readonly home: number;
	/** Light barrier under all slots, low while something that falls is in its light. */
	readonly drop: number;
	/** Supply of that light, on while high: with it the sensor is tried before every sale. */
	readonly emitter?: number | undefined;
}

/** One step of a recipe. */
export interface RecipeStep {
	readonly step: "grind" | "heat" | "pump" | "pause";
	/** Milliseconds of `grind` and `pause`, degrees Celsius of `heat`, millilitres of `pump`. */
	readonly amount: number;
}

/** What a coffee machine can make. */
export interface Recipe {
	/** What a sale asks for. */
	readonly number: number;
	readonly name: string;
	readonly steps: readonly RecipeStep[];
	/** Portions that it takes out of each bin, in the order of the bins. */
	readonly takes: readonly number[];
}

export interface ConfiguredCoffee {
	readonly pins: {
		readonly grinder: number;
		readonly pump: number;
		readonly flow: number;
		readonly heater: number;
		/** Analog input: an NTC thermistor of 10 kΩ to ground, and 10 kΩ to 3.3 V. */
		readonly thermometer: number;
		/** Second relay in series with the heater's, closed while high: cuts it when the first one sticks. */
		readonly safety?: number | undefined;
		/** Float switch: closed to ground while there is water, so that a cut cable looks empty. */
		readonly water?: number | undefined;
	};
	readonly bins: readonly {
		readonly name: string;
		/** Level sensor: closed to ground while there is enough, so that a cut cable looks empty. */
		readonly pin: number;
		/** Portions of a full bin. */
		readonly portions: number;
	}[];
	readonly recipes: readonly Recipe[];
}

/** Everything of the configuration that may change without a person at the machine. */
export interface ControllerSettings {
	readonly kind?: MachineKind | undefined;
	readonly uplink?: ConfiguredUplink | undefined;
	readonly pins?: ControllerPins | undefined;
	readonly scales?: readonly ConfiguredScale[] | undefined;
	readonly lock?: ConfiguredLock | undefined;
	readonly languages?: readonly string[] | undefined;
	readonly linkBaud?: number | undefined;
	readonly battery?: ConfiguredBattery | undefined;
	readonly foodSafety?: ConfiguredFoodSafety | undefined;
	readonly vending?: ConfiguredVending | undefined;
	readonly coffee?: ConfiguredCoffee | undefined;
	readonly keyRotation?: KeyRotation | undefined;
}

/**
 * New secrets of a machine: of the version that comes after those in use, each hidden under the key that opens what the
 * cloud seals for the receiver (`maskKey`, by the names in parentheses), base64url.
 */
export interface KeyRotation {
	readonly version: number;
	/** 16 random bytes. */
	readonly salt: string;
	/** 32 bytes: the key that opens what the cloud seals (its `kid`). */
	readonly receive: string;
	/** 32 bytes: the key that seals for the cloud (its `kid`). */
	readonly send: string;
	/** 32 bytes (`broker.{version}`); as base64url they are the password of the account `{machine}.{version}` at the broker. */
	readonly broker: string;
}

export interface ConfiguredLock {
	/** Longest time the coil is on at a stretch, at most 5,000. */
	readonly pulseMs: number;
	/** How long the door may wait to be opened. */
	readonly windowMs: number;
	/** A door open longer than this is ajar. */
	readonly ajarMs: number;
}

/** The supply, measured behind a divider. */
export interface ConfiguredBattery {
	readonly pin: number;
	readonly upperOhms: number;
	readonly lowerOhms: number;
	/** Below this the machine sells no more. */
	readonly lowMillivolts: number;
}

/** A DS18B20 among the goods; with it the machine watches over the food. */
export interface ConfiguredFoodSafety {
	/** UART that is the sensor's 1-Wire bus. */
	readonly receive: number;
	readonly transmit: number;
	/** The food may not be warmer; 500 is 5 °C. */
	readonly limitCentidegrees: number;
}

/** Everything that the controller's firmware has to know; kept as JSON under the storage key `configuration`. */
export interface ControllerConfiguration {
	readonly machineId: string;
	/** Rises with every update; 0 as provisioned. */
	readonly version: number;
	readonly kind: MachineKind;
	readonly uplink: ConfiguredUplink;
	readonly keys: {
		/** cloud → controller */
		readonly receive: ConfiguredKey;
		/** controller → cloud */
		readonly send: ConfiguredKey;
	};
	/** Whose firmware it takes: a P-256 public key, uncompressed, 65 bytes, base64url. Without one it takes none. */
	readonly firmwareKey?: string | undefined;
	readonly pins: ControllerPins;
	/** Empty where nothing is weighed. */
	readonly scales: readonly ConfiguredScale[];
	readonly lock: ConfiguredLock;
	/** Languages of the screen; the first is the default. */
	readonly languages: readonly string[];
	readonly linkBaud: number;
	readonly battery?: ConfiguredBattery | undefined;
	readonly foodSafety?: ConfiguredFoodSafety | undefined;
	readonly vending?: ConfiguredVending | undefined;
	readonly coffee?: ConfiguredCoffee | undefined;
}
