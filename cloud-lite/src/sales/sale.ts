import { productSchema } from "@visionvend/sdk/catalog/product";
import { z } from "zod";
import type { Row, Value } from "../db/database.ts";
import { type GatewayName, gatewayNameSchema } from "../payments/gateway.ts";

export const saleStates = [
	"requested",
	"authorised",
	"unlocked",
	"open",
	"closed",
	"captured",
	"cancelled",
	"review",
] as const;

export type SaleState = (typeof saleStates)[number];

/** One sale as the state machine sees it. Amounts are in the smallest unit of `currency`, times epoch milliseconds. */
export interface Sale {
	readonly id: string;
	readonly machineId: string;
	/** Nobody, for a forced opening. */
	readonly shopperId: string | null;
	readonly state: SaleState;
	/** Counts changes; a change is written only over the version it was computed from. */
	readonly version: number;
	/** Why it is in review or cancelled: `forced_door`. */
	readonly cause: string | null;
	readonly currency: string;
	/** The account that it is paid through; null where nobody pays. */
	readonly gateway: GatewayName | null;
	/** What shall be held. */
	readonly holdCents: number;
	/** What was held; 0 before. */
	readonly heldCents: number;
	readonly capturedCents: number;
	/** The price of what is gone; null while that is not known. */
	readonly finalCents: number | null;
	/** What was decided about the money; null while open. */
	readonly settlement: "capture" | "cancel" | null;
	/** How far taking the price is: `waiting` while the shopper may object to it. */
	readonly collection: "none" | "waiting" | "running" | "done";
	readonly holdState: "none" | "held" | "gone";
	/** Whether the provider lets the hold grow. */
	readonly incrementable: boolean;
	/** The most that the provider lets capture of the hold. */
	readonly mostCapturableCents: number;
	/** How long the shopper may object to the price before it is taken; 0 takes it at once. */
	readonly captureDelayMs: number;
	/** What was given back. */
	readonly refundedCents: number;
	/** What is about to be given back. */
	readonly refundingCents: number;
	/** How many refunds there were; names the next. */
	readonly refunds: number;
	/** How often it was tried to take what the shopper owes. */
	readonly debtAttempts: number;
	/** Whether such a try is under way. */
	readonly debtPending: boolean;
	/** What the card holder's bank has taken back. */
	readonly disputedCents: number;
	readonly chargebacks: number;
	readonly holdIntent: string | null;
	readonly clientSecret: string | null;
	/** Until when the provider keeps the hold. */
	readonly captureBeforeMs: number | null;
	readonly secondIntent: string | null;
	readonly declineCode: string | null;
	readonly declineMessage: string | null;
	/** Allocated once per sale, rising per machine. */
	readonly counter: number | null;
	readonly language: string;
	/** The price list at unlock, as JSON of products. */
	readonly products: string;
	/** What the shopper chose of a machine that delivers, as JSON of slots; null where people open a door. */
	readonly slots: string | null;
	readonly requestedAtMs: number;
	/** After this no unlock is sent any more. */
	readonly unlockDeadlineMs: number;
	/** The hello that is being waited for. */
	readonly helloRequest: string | null;
	readonly helloRequestedAtMs: number | null;
	/** When the nonce of the last unlock reached the cloud; null when no unlock was sent. */
	readonly nonceReceivedAtMs: number | null;
	/** When to look again although nothing came. */
	readonly checkAtMs: number | null;
}

/** What has to be said of a sale as it begins. */
export type NewSale = Pick<
	Sale,
	| "id"
	| "machineId"
	| "shopperId"
	| "state"
	| "cause"
	| "currency"
	| "gateway"
	| "holdCents"
	| "language"
	| "products"
	| "slots"
	| "requestedAtMs"
	| "unlockDeadlineMs"
	| "checkAtMs"
	| "captureDelayMs"
>;

/** A sale as it begins: nothing is held, decided or sent. */
export function newSale(facts: NewSale): Sale {
	return {
		// One by one: with `...facts` V8 would need 40 µs for it, not 1 (measured).
		id: facts.id,
		machineId: facts.machineId,
		shopperId: facts.shopperId,
		state: facts.state,
		cause: facts.cause,
		currency: facts.currency,
		gateway: facts.gateway,
		holdCents: facts.holdCents,
		language: facts.language,
		products: facts.products,
		slots: facts.slots,
		requestedAtMs: facts.requestedAtMs,
		unlockDeadlineMs: facts.unlockDeadlineMs,
		checkAtMs: facts.checkAtMs,
		captureDelayMs: facts.captureDelayMs,
		version: 1,
		heldCents: 0,
		capturedCents: 0,
		finalCents: null,
		settlement: null,
		collection: "none",
		holdState: "none",
		incrementable: false,
		mostCapturableCents: 0,
		refundedCents: 0,
		refundingCents: 0,
		refunds: 0,
		debtAttempts: 0,
		debtPending: false,
		disputedCents: 0,
		chargebacks: 0,
		holdIntent: null,
		clientSecret: null,
		captureBeforeMs: null,
		secondIntent: null,
		declineCode: null,
		declineMessage: null,
		counter: null,
		helloRequest: null,
		helloRequestedAtMs: null,
		nonceReceivedAtMs: null,
	};
}

export const productsSchema = z.array(productSchema);
export const slotsSchema = z.array(z.int());

const integer = z.int();
const flag = z.int().transform((number) => number === 1);

const rowSchema = z.object({
	id: z.string(),
	machine_id: z.string(),
	shopper_id: z.string().nullable(),
	state: z.enum(saleStates),
	version: integer,
	cause: z.string().nullable(),
	currency: z.string(),
	gateway: gatewayNameSchema.nullable(),
	hold_cents: integer,
	held_cents: integer,
	captured_cents: integer,
	final_cents: integer.nullable(),
	settlement: z.enum(["capture", "cancel"]).nullable(),
	collection: z.enum(["none", "waiting", "running", "done"]),
	hold_state: z.enum(["none", "held", "gone"]),
	incrementable: flag,
	most_capturable_cents: integer,
	capture_delay_ms: integer,
	refunded_cents: integer,
	refunding_cents: integer,
	refunds: integer,
	debt_attempts: integer,
	debt_pending: flag,
	disputed_cents: integer,
	chargebacks: integer,
	hold_intent: z.string().nullable(),
	client_secret: z.string().nullable(),
	capture_before_ms: integer.nullable(),
	second_intent: z.string().nullable(),
	decline_code: z.string().nullable(),
	decline_message: z.string().nullable(),
	counter: integer.nullable(),
	language: z.string(),
	products: z.string(),
	slots: z.string().nullable(),
	requested_at_ms: integer,
	unlock_deadline_ms: integer,
	hello_request: z.string().nullable(),
	hello_requested_at_ms: integer.nullable(),
	nonce_received_at_ms: integer.nullable(),
	check_at_ms: integer.nullable(),
});

/** A row of table `sale`. */
export function saleOf(row: Row): Sale {
	const columns = rowSchema.parse(row);
	return {
		id: columns.id,
		machineId: columns.machine_id,
		shopperId: columns.shopper_id,
		state: columns.state,
		version: columns.version,
		cause: columns.cause,
		currency: columns.currency,
		gateway: columns.gateway,
		holdCents: columns.hold_cents,
		heldCents: columns.held_cents,
		capturedCents: columns.captured_cents,
		finalCents: columns.final_cents,
		settlement: columns.settlement,
		collection: columns.collection,
		holdState: columns.hold_state,
		incrementable: columns.incrementable,
		mostCapturableCents: columns.most_capturable_cents,
		captureDelayMs: columns.capture_delay_ms,
		refundedCents: columns.refunded_cents,
		refundingCents: columns.refunding_cents,
		refunds: columns.refunds,
		debtAttempts: columns.debt_attempts,
		debtPending: columns.debt_pending,
		disputedCents: columns.disputed_cents,
		chargebacks: columns.chargebacks,
		holdIntent: columns.hold_intent,
		clientSecret: columns.client_secret,
		captureBeforeMs: columns.capture_before_ms,
		secondIntent: columns.second_intent,
		declineCode: columns.decline_code,
		declineMessage: columns.decline_message,
		counter: columns.counter,
		language: columns.language,
		products: columns.products,
		slots: columns.slots,
		requestedAtMs: columns.requested_at_ms,
		unlockDeadlineMs: columns.unlock_deadline_ms,
		helloRequest: columns.hello_request,
		helloRequestedAtMs: columns.hello_requested_at_ms,
		nonceReceivedAtMs: columns.nonce_received_at_ms,
		checkAtMs: columns.check_at_ms,
	};
}

/** All columns of table `sale` in one order, for inserting and updating. */
export function columnsOf(sale: Sale): readonly (readonly [column: string, value: Value])[] {
	return [
		["id", sale.id],
		["machine_id", sale.machineId],
		["shopper_id", sale.shopperId],
		["state", sale.state],
		["version", sale.version],
		["cause", sale.cause],
		["currency", sale.currency],
		["gateway", sale.gateway],
		["hold_cents", sale.holdCents],
		["held_cents", sale.heldCents],
		["captured_cents", sale.capturedCents],
		["final_cents", sale.finalCents],
		["settlement", sale.settlement],
		["collection", sale.collection],
		["hold_state", sale.holdState],
		["incrementable", sale.incrementable ? 1 : 0],
		["most_capturable_cents", sale.mostCapturableCents],
		["capture_delay_ms", sale.captureDelayMs],
		["refunded_cents", sale.refundedCents],
		["refunding_cents", sale.refundingCents],
		["refunds", sale.refunds],
		["debt_attempts", sale.debtAttempts],
		["debt_pending", sale.debtPending ? 1 : 0],
		["disputed_cents", sale.disputedCents],
		["chargebacks", sale.chargebacks],
		["hold_intent", sale.holdIntent],
		["client_secret", sale.clientSecret],
		["capture_before_ms", sale.captureBeforeMs],
		["second_intent", sale.secondIntent],
		["decline_code", sale.declineCode],
		["decline_message", sale.declineMessage],
		["counter", sale.counter],
		["language", sale.language],
		["products", sale.products],
		["slots", sale.slots],
		["requested_at_ms", sale.requestedAtMs],
		["unlock_deadline_ms", sale.unlockDeadlineMs],
		["hello_request", sale.helloRequest],
		["hello_requested_at_ms", sale.helloRequestedAtMs],
		["nonce_received_at_ms", sale.nonceReceivedAtMs],
		["check_at_ms", sale.checkAtMs],
		["machine_busy", occupiesMachine(sale) ? 1 : 0],
		["shopper_busy", occupiesShopper(sale) ? 1 : 0],
	];
}

/** Whether nobody else can use the machine: its door may still open, or its report is still to come. */
export function occupiesMachine(sale: Sale): boolean {
	return sale.settlement === null && !isTerminal(sale.state);
}

/** Whether the shopper cannot start another sale. */
export function occupiesShopper(sale: Sale): boolean {
	return sale.shopperId !== null && !isTerminal(sale.state) && sale.collection !== "waiting";
}

/** Whether the sale has ended; a review may still be resolved by people. */
export function isTerminal(state: SaleState): boolean {
	return state === "captured" || state === "cancelled" || state === "review";
}
