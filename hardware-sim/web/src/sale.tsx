import type { PageSale, PageState } from "../../src/serve/page-state.ts";
import { money, words } from "./format.ts";

/** The way of a sale at a door, and the event that stands for each of its stations. */
const doorStations = [
	{ event: "requested", name: "Asked" },
	{ event: "authorised", name: "Money held" },
	{ event: "unlocked", name: "Unlocked" },
	{ event: "open", name: "Door open" },
	{ event: "closed", name: "Door shut" },
] as const;

/** The same where a machine delivers. */
const deliveryStations = [
	{ event: "requested", name: "Asked" },
	{ event: "authorised", name: "Money held" },
	{ event: "unlock_sent", name: "Order sent" },
	{ event: "unlocked", name: "Delivering" },
	{ event: "report_received", name: "Delivered" },
] as const;

const ends: Readonly<Record<string, string>> = Object.freeze({
	captured: "Captured",
	cancelled: "Let go",
	review: "For a person",
});

/** The sale with its states and times, its receipt, and the ledger. */
export function Sale({ state }: { readonly state: PageState }) {
	const { sale } = state;
	return (
		<section class="card sale" aria-labelledby="sale-title" data-state={sale?.state ?? "none"}>
			<h2 id="sale-title">Sale {sale && <code>{sale.id}</code>}</h2>
			<Way sale={sale} stations={state.machine.kind === "fridge" ? doorStations : deliveryStations} />
			<Receipt sale={sale} />
			<Ledger ledger={state.ledger} />
		</section>
	);
}

interface WayProps {
	readonly sale: PageSale | null;
	readonly stations: readonly { readonly event: string; readonly name: string }[];
}

function Way({ sale, stations }: WayProps) {
	const events = sale?.events ?? [];
	const startMs = events[0]?.atMs ?? 0;
	const timeOf = (event: string) => events.find((entry) => entry.event === event)?.atMs;
	const end = Object.keys(ends).find((event) => timeOf(event) !== undefined);
	const steps = [
		...stations.map(({ event, name }) => ({ name, atMs: timeOf(event), mood: "" })),
		{
			name: end === undefined ? "Settled" : (ends[end] ?? end),
			atMs: end === undefined ? undefined : timeOf(end),
			mood: end ?? "",
		},
	];
	return (
		<ol class="way">
			{steps.map(({ name, atMs, mood }) => (
				<li key={name} class={`${atMs === undefined ? "" : "done"} ${mood}`}>
					<span>{name}</span>
					<time>{atMs === undefined ? "" : `${((atMs - startMs) / 1_000).toFixed(2)} s`}</time>
				</li>
			))}
		</ol>
	);
}

function Receipt({ sale }: { readonly sale: PageSale | null }) {
	if (sale === null) return <p class="hint">No sale yet. The phone begins one.</p>;
	const total = sale.items.reduce((sum, { quantity, unitPriceCents }) => sum + quantity * unitPriceCents, 0);
	return (
		<table class="receipt">
			<caption>Receipt</caption>
			<tbody>
				{sale.items.map(({ sku, name, quantity, unitPriceCents }) => (
					<tr key={sku}>
						<th scope="row">
							{quantity} × {name}
						</th>
						<td>{money(quantity * unitPriceCents)}</td>
					</tr>
				))}
				{sale.items.length === 0 && (
					<tr>
						<th scope="row" class="hint">
							{sale.state === "cancelled"
								? "Nothing taken"
								: sale.state === "review"
									? "Not decided"
									: "Not settled yet"}
						</th>
						<td />
					</tr>
				)}
			</tbody>
			<tfoot>
				<tr>
					<th scope="row">Held</th>
					<td>{money(sale.heldCents)}</td>
				</tr>
				<tr class="total">
					<th scope="row">Captured{sale.cause === null ? "" : ` · ${words(sale.cause)}`}</th>
					<td data-captured-cents={sale.capturedCents} data-total-cents={total}>
						{money(sale.capturedCents)}
					</td>
				</tr>
			</tfoot>
		</table>
	);
}

function Ledger({ ledger }: { readonly ledger: PageState["ledger"] }) {
	const accounts = [...new Set(ledger.map(({ account }) => account))];
	const balance = (account: string) =>
		ledger.filter((row) => row.account === account).reduce((sum, { amountCents }) => sum + amountCents, 0);
	return (
		<details class="ledger" open>
			<summary>
				Ledger{" "}
				<i>
					{ledger.length} entries, sum {money(ledger.reduce((sum, { amountCents }) => sum + amountCents, 0))}
				</i>
			</summary>
			<table>
				<thead>
					<tr>
						<th scope="col">Account</th>
						<th scope="col">Entries</th>
						<th scope="col">Balance</th>
					</tr>
				</thead>
				<tbody>
					{accounts.map((account) => (
						<tr key={account}>
							<th scope="row">{words(account)}</th>
							<td>{ledger.filter((row) => row.account === account).length}</td>
							<td data-account={account} data-cents={balance(account)}>
								{money(balance(account))}
							</td>
						</tr>
					))}
				</tbody>
			</table>
		</details>
	);
}
