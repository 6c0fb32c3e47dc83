import type { PaymentIntentRecord } from "../stripe/stripe-simulator.ts";
import type { Result, Scenario } from "./scenarios.ts";
import type { Stage, StageEvent } from "./stage.ts";

/** How a scenario ended, measured at the ends of the chain: the payment network, the bolt, the shelves. */
export interface Outcome {
	readonly result: Result | "unfinished";
	/** Cents that the payment network held at some time for this run. */
	readonly heldCents: number;
	/** Cents that the payment network captured. */
	readonly capturedCents: number;
	readonly items: readonly { readonly sku: string; readonly quantity: number; readonly unitPriceCents: number }[];
	/** Why, when the sale was not simply captured. */
	readonly cause: string;
	readonly engine: "xs" | "node";
	readonly lockOpenings: number;
	/** Highest memory of the firmware; `null` on Node, which does not measure it. */
	readonly slotsPeak: number | null;
	readonly slotsBudget: number | null;
	readonly chunksPeak: number | null;
	readonly chunksBudget: number | null;
	readonly traceSha256: string;
	/** What did not come out as the scenario's name says; empty when all is well. */
	readonly failures: readonly string[];
}

/** Plays one scenario on a stage that stands, and checks its end against the world and the payment network. */
export async function runScenario(scenario: Scenario, stage: Stage, engine: "xs" | "node"): Promise<Outcome> {
	const failures: string[] = [];
	const paid = await stage.phone.savePayment("pm_card_visa");
	if (paid.status !== 200) failures.push(`POST /save-payment answered ${paid.status}: ${JSON.stringify(paid.body)}`);
	let saleId: string | undefined;
	let played = false;
	try {
		saleId = await scenario.play(stage);
		played = true;
	} catch (error) {
		failures.push(error instanceof Error ? error.message : String(error));
	}
	const sale =
		saleId === undefined
			? undefined
			: await stage.phone.sale(saleId).catch((error: unknown) => {
					failures.push(`the sale cannot be read: ${String(error)}`);
					return undefined;
				});
	const intents = stage.payments.paymentIntents();
	const heldCents = sum(intents.filter(wasAuthorized).map((intent) => intent.amount));
	const capturedCents = sum(intents.map((intent) => intent.amount_received));
	const lockOpenings = stage.machine.lockOpenings;
	const review = saleId === undefined ? stage.events.find(isReview) : undefined;
	const result = resultOf(review ? "review" : sale?.state, played, lockOpenings);
	const cause = sale?.cause ?? (typeof review?.cause === "string" ? review.cause : "");

	const expectEqual = (what: string, actual: unknown, expected: unknown) => {
		if (actual !== expected) failures.push(`${what}: ${String(actual)}, not ${String(expected)}`);
	};
	expectEqual("result", result, scenario.result);
	expectEqual("captured cents", capturedCents, scenario.capturedCents);
	expectEqual("lock openings", lockOpenings, scenario.lockOpenings);
	if (result === "captured") {
		expectEqual("price of what is gone", stage.machine.priceOfGone(), capturedCents);
		expectEqual("captured cents of the API", sale?.capturedCents, capturedCents);
	}
	if (capturedCents > heldCents) failures.push(`captured ${capturedCents} of ${heldCents} held cents`);
	if (stage.machine.lock.longestOnMs > 5_000)
		failures.push(`the coil was on for ${stage.machine.lock.longestOnMs} ms in one pulse`);
	const ledger = await stage.ledger();
	expectEqual("sum of the ledger", sum(ledger.map((row) => row.amountCents)), 0);
	const cash = ledger.filter(({ account }) => account === "cash_in_transit");
	expectEqual("cash in the ledger", sum(cash.map((row) => row.amountCents)), capturedCents);
	for (const row of ledger) stage.trace.record("ledger", row.account, row.amountCents);

	const memory = stage.machine.statistics;
	return {
		result,
		heldCents,
		capturedCents,
		items: (sale?.items ?? []).map(({ sku, quantity, unitPriceCents }) => ({ sku, quantity, unitPriceCents })),
		cause,
		engine,
		lockOpenings,
		slotsPeak: memory?.slotsPeak ?? null,
		slotsBudget: memory?.slotsBudget ?? null,
		chunksPeak: memory?.chunksPeak ?? null,
		chunksBudget: memory?.chunksBudget ?? null,
		traceSha256: stage.trace.sha256(),
		failures,
	};
}

/** A scenario without a sale of its own has checked the refusal itself; one whose door stayed shut was refused too. */
function resultOf(state: string | undefined, played: boolean, lockOpenings: number): Outcome["result"] {
	if (state === "captured" || state === "review") return state;
	if (state === "cancelled") return lockOpenings > 0 ? "cancelled" : "refused";
	return played && state === undefined ? "refused" : "unfinished";
}

function isReview({ room, event }: StageEvent): boolean {
	return room === "cloud" && event === "sale.review";
}

/** A cancelled hold was a hold once, unless the bank had declined it. */
function wasAuthorized({ status, last_payment_error }: PaymentIntentRecord): boolean {
	return (
		status === "requires_capture" || status === "succeeded" || (status === "canceled" && last_payment_error === null)
	);
}

function sum(values: readonly number[]): number {
	return values.reduce((total, value) => total + value, 0);
}
