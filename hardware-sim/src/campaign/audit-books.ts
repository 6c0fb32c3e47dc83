import type { PromiseNumber } from "../faults/fault.ts";
import type { SaleView } from "../scenario/phone.ts";
import type { PaymentIntentRecord } from "../stripe/stripe-simulator.ts";
import type { Violation } from "./violation.ts";

export const endStates: ReadonlySet<string> = new Set(["captured", "cancelled", "review"]);

/** What the books say of one sale at rest. */
export interface Books {
	/** As the API tells it; `undefined` where the cloud does not know it. */
	readonly sale: SaleView | undefined;
	/** Of the payment network, of this sale. */
	readonly intents: readonly PaymentIntentRecord[];
	/** Entries of the cloud's ledger, of this sale. */
	readonly ledger: readonly { readonly account: string; readonly amountCents: number }[];
	/** What the controller ended by itself since the phone came out: exceptions, out of memory. */
	readonly resets: readonly string[];
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
export const cents = (value: number) => `${value} cents`;

/** What is promised of the money of every sale, and is not so. */
export function auditBooks(books: Books): Violation[] {
	return [...auditMoney(books), ...auditLedger(books)];
}

/** 1: captured ≤ authorised, once a sale; cancelled means nothing taken, and nothing held any more. */
function auditMoney({ sale, intents }: Books): Violation[] {
	const found: Violation[] = [];
	for (const purpose of ["hold", "rest"]) {
		const count = intents.filter(({ metadata }) => metadata.purpose === purpose).length;
		if (count > 1) found.push(broken(1, `a sale has one payment of the kind "${purpose}"`, `it has ${count}`));
	}
	for (const { id, amount, amount_received } of intents) {
		if (amount_received > amount)
			found.push(broken(1, "no more is captured than is held", `${id}: ${cents(amount_received)} of ${cents(amount)}`));
	}
	const received = sum(intents.map((intent) => intent.amount_received));
	const held = intents.filter(({ status }) => status === "requires_capture");
	if (sale === undefined) {
		if (received + held.length > 0)
			found.push(broken(1, "no sale, no money", `${cents(received)} received, ${held.length} holds`));
		return found;
	}
	if (sale.state === "cancelled" && received > 0)
		found.push(broken(1, "of a cancelled sale nothing is taken", `${cents(received)} were taken`));
	if ((sale.state === "cancelled" || sale.state === "captured") && held.length > 0)
		found.push(
			broken(1, "nothing stays held when a sale is over", `${cents(sum(held.map(({ amount }) => amount)))} are held`),
		);
	if (endStates.has(sale.state) && received !== sale.capturedCents)
		found.push(
			broken(
				1,
				"the cloud's books are the payment network's",
				`${cents(sale.capturedCents)} there, ${cents(received)} here`,
			),
		);
	const lines = sum(sale.items.map(({ quantity, unitPriceCents }) => quantity * unitPriceCents));
	if (sale.state === "captured" && lines !== received)
		found.push(broken(1, "the lines of a sale add up to what was taken", `${cents(lines)} of ${cents(received)}`));
	return found;
}

/** 1: each sale's entries sum to zero, and say what the payment network says. */
function auditLedger({ sale, intents, ledger }: Books): Violation[] {
	const found: Violation[] = [];
	const of = (account: string) => sum(ledger.filter((row) => row.account === account).map((row) => row.amountCents));
	const received = sum(intents.map((intent) => intent.amount_received));
	const balance = sum(ledger.map((row) => row.amountCents));
	if (balance !== 0) found.push(broken(1, "the ledger sums to zero", `it sums to ${cents(balance)}`));
	if (sale === undefined || !endStates.has(sale.state)) return found;
	if (of("cash_in_transit") !== received)
		found.push(
			broken(1, "cash in the ledger is what was received", `${cents(of("cash_in_transit"))} of ${cents(received)}`),
		);
	if (sale.state === "review") return found;
	const revenue = -of("revenue");
	if (revenue !== received)
		found.push(broken(1, "revenue is what was received", `${cents(revenue)} of ${cents(received)}`));
	if (of("receivable") !== 0)
		found.push(broken(1, "nobody owes anything for a sale that is over", `${cents(of("receivable"))} are owed`));
	if (of("shopper_hold") !== 0)
		found.push(broken(1, "the memo of the hold is cleared", `${cents(of("shopper_hold"))} are noted as held`));
	return found;
}

export function broken(promise: PromiseNumber, promised: string, seen: string): Violation {
	return { promise, promised, seen };
}
