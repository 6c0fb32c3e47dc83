import { mustHaveChanged, type Statement } from "../db/database.ts";

/**
 * Accounts of the ledger. A positive amount is a debit. `shopper_hold` and its contra account are memo accounts: held
 * money is not ours. `shopper_deposit` is what shoppers have paid before they took anything. `cash_in_transit` is what the payment provider has for us: its balance equals the net of its books.
 */
export type Account =
	| "shopper_hold"
	| "shopper_hold_contra"
	| "receivable"
	| "cash_in_transit"
	| "revenue"
	| "shopper_debt"
	| "shopper_deposit"
	| "refund"
	| "fee"
	| "dispute"
	| "write_off";

/** What moved. */
export type JournalKind =
	| "hold"
	| "increase"
	| "release"
	| "sale"
	| "capture"
	| "charge"
	| "debt"
	| "debt_paid"
	| "overpaid"
	| "forgiven"
	| "refund"
	| "refund_failed"
	| "fee"
	| "dispute"
	| "dispute_won"
	| "dispute_lost"
	| "prepaid"
	| "prepaid_used"
	| "prepaid_returned";

/** One movement of money: its entries sum to zero. */
export interface Journal {
	readonly kind: JournalKind;
	/** Counts the journals of a kind in a sale, from 1; the database lets each happen once. */
	readonly sequence: number;
	readonly entries: readonly { readonly account: Account; readonly amountCents: number }[];
}

const sides: Readonly<Record<JournalKind, readonly [debit: Account, credit: Account]>> = Object.freeze({
	hold: ["shopper_hold", "shopper_hold_contra"],
	increase: ["shopper_hold", "shopper_hold_contra"],
	release: ["shopper_hold_contra", "shopper_hold"],
	sale: ["receivable", "revenue"],
	capture: ["cash_in_transit", "receivable"],
	charge: ["cash_in_transit", "receivable"],
	debt: ["shopper_debt", "receivable"],
	debt_paid: ["cash_in_transit", "shopper_debt"],
	// Paid twice; the refund that follows clears it.
	overpaid: ["cash_in_transit", "refund"],
	forgiven: ["write_off", "shopper_debt"],
	refund: ["refund", "cash_in_transit"],
	// The bank did not take it; the provider has it for us again.
	refund_failed: ["cash_in_transit", "refund"],
	fee: ["fee", "cash_in_transit"],
	dispute: ["dispute", "cash_in_transit"],
	dispute_won: ["cash_in_transit", "dispute"],
	dispute_lost: ["write_off", "dispute"],
	prepaid: ["cash_in_transit", "shopper_deposit"],
	prepaid_used: ["shopper_deposit", "receivable"],
	prepaid_returned: ["shopper_deposit", "cash_in_transit"],
});

/** @throws RangeError when the amount is no positive integer */
export function journal(kind: JournalKind, amountCents: number, sequence = 1): Journal {
	if (!Number.isSafeInteger(amountCents) || amountCents <= 0) {
		throw new RangeError(`a ${kind} of ${amountCents} cents: amounts are positive integers`);
	}
	const [debit, credit] = sides[kind];
	return {
		kind,
		sequence,
		entries: [
			{ account: debit, amountCents },
			{ account: credit, amountCents: -amountCents },
		],
	};
}

/** The statements that append a journal; they fail when it is there already, or does not sum to zero. */
export function journalStatements(
	{ kind, sequence, entries }: Journal,
	sale: { readonly id: string; readonly currency: string },
	atMs: number,
): Statement[] {
	return [
		{
			sql: "INSERT INTO journal (sale_id, kind, sequence, at_ms) VALUES (?, ?, ?, ?)",
			args: [sale.id, kind, sequence, atMs],
		},
		...entries.flatMap(({ account, amountCents }): Statement[] => [
			{
				sql: `INSERT INTO entry (journal_id, account, amount_cents, currency)
					SELECT id, ?, ?, ? FROM journal WHERE sale_id = ? AND kind = ? AND sequence = ?`,
				args: [account, amountCents, sale.currency, sale.id, kind, sequence],
			},
			mustHaveChanged(`the ${kind} journal of sale ${sale.id} takes an entry`),
		]),
		{
			sql: `INSERT INTO must(ok) SELECT SUM(amount_cents) = 0 FROM entry
				JOIN journal ON journal.id = entry.journal_id WHERE sale_id = ? AND kind = ? AND sequence = ?`,
			args: [sale.id, kind, sequence],
			guard: `the ${kind} journal of sale ${sale.id} sums to zero`,
		},
	];
}
