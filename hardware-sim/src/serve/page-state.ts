/**
 * What the page is told. Types only: server and page are compiled apart, and share nothing else. Money is cents, mass
 * milligrams, time milliseconds since the machine was set up.
 */

export type PageKind = "fridge" | "vending" | "coffee";

export interface PageProduct {
	readonly sku: string;
	readonly name: string;
	readonly priceCents: number;
	readonly massMilligrams: number;
	/** 0 is the topmost. */
	readonly shelf: number;
}

/** Something that lies in the fridge, or that the shopper has in their hands. */
export interface PageThing {
	/** `cola-3`; unique in the machine. */
	readonly id: string;
	/** `undefined` for what was never for sale. */
	readonly sku?: string;
	readonly name: string;
	readonly milligrams: number;
}

export interface PageShelf {
	/** What lies there. */
	readonly things: readonly PageThing[];
}

export interface PageScale {
	/** What lies there, together. */
	readonly trueMilligrams: number;
	/** What the load cell feels now: with hands and drift. */
	readonly loadMilligrams: number;
	/** The converter's last reading that the controller fetched, with its calibration. */
	readonly readMilligrams?: number;
	/** The controller fetches readings now; else its scales sleep. */
	readonly awake: boolean;
}

export interface PageSale {
	readonly id: string;
	readonly state: string;
	readonly cause: string | null;
	readonly currency: string;
	readonly heldCents: number;
	readonly capturedCents: number;
	readonly items: readonly {
		readonly sku: string;
		readonly name: string;
		readonly quantity: number;
		readonly unitPriceCents: number;
	}[];
	/** What happened to it, oldest first. */
	readonly events: readonly { readonly atMs: number; readonly event: string }[];
}

/** One spiral of a vending machine. */
export interface PageSlot {
	readonly number: number;
	readonly sku: string;
	/** Units in it. */
	readonly units: number;
	readonly turns: boolean;
	/** Of the present turn, 0 to 1. */
	readonly turned: number;
}

/** The inside of a coffee machine. */
export interface PageCoffee {
	readonly boilerCelsius: number;
	readonly heats: boolean;
	readonly grinds: boolean;
	readonly pumps: boolean;
	readonly tankMillilitres: number;
	/** What stands below the spout. */
	readonly cup: { readonly millilitres: number; readonly grams: number };
}

export interface PageFault {
	readonly name: string;
	readonly layer: string;
	readonly summary: string;
	/** It is over as soon as it has happened. */
	readonly momentary: boolean;
}

/** Every section is sent when it has changed, and whole. */
export interface PageState {
	readonly machine: {
		readonly id: string;
		readonly kind: PageKind;
		readonly seed: number;
		readonly engine: "node" | "xs";
		readonly currency: string;
		readonly products: readonly PageProduct[];
		readonly cards: readonly { readonly id: string; readonly label: string; readonly note: string }[];
		readonly faults: readonly PageFault[];
	};
	readonly time: { readonly atMs: number; readonly speed: number };
	readonly controller: {
		readonly running: boolean;
		/** Resets that it did not choose. */
		readonly resets: number;
		readonly lockOpenings: number;
		/** Share of the ESP32-S3's slots that were in use at the worst moment; XS only. */
		readonly slotsPermille?: number;
	};
	/** 128×64 pixels, a bit each, row by row from the top left, most significant bit first, as base64. */
	readonly display: {
		readonly on: boolean;
		readonly contrast: number;
		readonly pixels: string;
		readonly text: readonly string[];
	};
	readonly light: { readonly red: number; readonly green: number; readonly blue: number };
	readonly buzzer: { readonly sounds: boolean; readonly beeps: number; readonly hz: number; readonly lastMs: number };
	readonly lock: { readonly energised: boolean; readonly released: boolean };
	readonly door: {
		readonly degrees: number;
		readonly open: boolean;
		/** Shut, with the bolt in the strike plate. */
		readonly latched: boolean;
	};
	readonly shelves: readonly PageShelf[];
	readonly scales: readonly PageScale[];
	/** Of a vending machine; empty elsewhere. */
	readonly slots: readonly PageSlot[];
	/** What has fallen and nobody has taken yet. */
	readonly tray: readonly PageThing[];
	readonly coffee: PageCoffee | null;
	/** Where the machine has one. */
	readonly climate: {
		readonly celsius: number;
		readonly roomCelsius: number;
		readonly compressorRuns: boolean;
		readonly defrosting: boolean;
	} | null;
	/** What the shopper has taken, oldest first. */
	readonly basket: readonly PageThing[];
	/** What the things in the basket cost together: the truth that the sale has to find. */
	readonly basketCents: number;
	/** `scene`: what the cameras see; another text is another picture, at `/cameras/0.jpg` and `/cameras/1.jpg`. `null`: no cameras. */
	readonly cameras: { readonly scene: string } | null;
	readonly phone: {
		readonly card: string;
		readonly busy: boolean;
		/** What its screen says when something went wrong. */
		readonly problem: string | null;
	};
	readonly sale: PageSale | null;
	readonly ledger: readonly { readonly account: string; readonly amountCents: number }[];
	/** Names of the faults that are there now. */
	readonly faults: readonly string[];
	/** Why the simulation has stopped, where it has. */
	readonly stopped: string | null;
}

/** A line of one of the page's logs. `number` rises by one with every line, over all logs. */
export type PageLine =
	| {
			readonly log: "story";
			readonly number: number;
			readonly atMs: number;
			readonly room: string;
			readonly text: string;
	  }
	| {
			readonly log: "wires";
			readonly number: number;
			readonly atMs: number;
			readonly bus: string;
			readonly name: string;
			readonly what: string;
	  }
	| {
			readonly log: "messages";
			readonly number: number;
			readonly atMs: number;
			readonly topic: string;
			readonly bytes: number;
			readonly body: string;
	  };

/** What comes over the event stream: the first one has every section, and begins anew. */
export interface PageUpdate {
	readonly fresh: boolean;
	readonly state: Partial<PageState>;
	readonly lines: readonly PageLine[];
}

/** What a person at the page can do. One a request, as JSON to `POST /commands`. */
export type Command =
	/** The phone asks for the door; with `slots` a machine that delivers is asked for these. */
	| { do: "tap"; slots?: number[] | undefined }
	/** The shopper chooses another card: a test payment method of Stripe. */
	| { do: "card"; card: string }
	| { do: "open" }
	| { do: "close" }
	/** Tears the door open, whatever the bolt says. */
	| { do: "force" }
	| { do: "take"; thing: string }
	| { do: "put"; thing: string; shelf: number }
	/** Picks up another stone. */
	| { do: "stone"; grams: number }
	/** Takes out what has fallen into the tray, or the cup. */
	| { do: "collect" }
	/** Breaks something, or mends it. */
	| { do: "fault"; name: string }
	| { do: "speed"; speed: 0 | 1 | 10 }
	/** Sets up another machine. */
	| { do: "reset"; seed: number; kind?: PageKind | undefined };

/** What a command answers. `why` is for the person who asked. */
export type CommandAnswer = { readonly done: true } | { readonly done: false; readonly why: string };
