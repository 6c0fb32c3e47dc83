import { mustHaveChanged, type Statement } from "../db/database.ts";

/**
 * Accounts of the ledger. A positive amount is a debit. `shopper_hold` and its contra account are memo accounts: held
 * money is not ours.
 */
export type Account =
	| "shopper_hold"
	| "shopper_hold_contra"
	| "receivable"
	| "cash_in_transit"
	| "revenue"
	| "shopper_debt";

/** What moved. Each kind happens at most once in a sale; the database insists. */
export type JournalKind = "hold" | "release" | "sale" | "capture" | "charge" | "debt";

/** One movement of money: its entries sum to zero. */
export interface Journal {
	readonly kind: JournalKind;
	readonly entries: readonly { readonly account: Account; readonly amountCents: number }[];
}

const sides: Readonly<Record<JournalKind, readonly [debit: Account, credit: Account]>> = {
	hold: ["shopper_hold", "shopper_hold_contra"],
	release: ["shopper_hold_contra", "shopper_hold"],
	sale: ["receivable", "revenue"],
	capture: ["cash_in_transit", "receivable"],
	charge: ["cash_in_transit", "receivable"],
	debt: ["shopper_debt", "receivable"],
};

/** @throws RangeError when the amount is no positive integer */
export function journal(kind: JournalKind, amountCents: number): Journal {
	if (!Number.isSafeInteger(amountCents) || amountCents <= 0) {
		throw new RangeError(`a ${kind} of ${amountCents} cents: amounts are positive integers`);
	}
	const [debit, credit] = sides[kind];
	return {
		kind,
		entries: [
			{ account: debit, amountCents },
			{ account: credit, amountCents: -amountCents },
		],
	};
}

/** The statements that append a journal; they fail when it is there already, or does not sum to zero. */
export function journalStatements(
	{ kind, entries }: Journal,
	sale: { readonly id: string; readonly currency: string },
	atMs: number,
): Statement[] {
	return [
		{ sql: "INSERT INTO journal (sale_id, kind, at_ms) VALUES (?, ?, ?)", args: [sale.id, kind, atMs] },
		...entries.flatMap(({ account, amountCents }): Statement[] => [
			{
				sql: `INSERT INTO entry (journal_id, account, amount_cents, currency)
					SELECT id, ?, ?, ? FROM journal WHERE sale_id = ? AND kind = ?`,
				args: [account, amountCents, sale.currency, sale.id, kind],
			},
			mustHaveChanged(`the ${kind} journal of sale ${sale.id} takes an entry`),
		]),
		{
			sql: `INSERT INTO must(ok) SELECT SUM(amount_cents) = 0 FROM entry
				JOIN journal ON journal.id = entry.journal_id WHERE sale_id = ? AND kind = ?`,
			args: [sale.id, kind],
			guard: `the ${kind} journal of sale ${sale.id} sums to zero`,
		},
	];
}
