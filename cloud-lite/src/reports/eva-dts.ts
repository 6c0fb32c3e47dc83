import { fractionDigits } from "@visionvend/sdk/catalog/money";
import { crc16Arc } from "./crc16-arc.ts";

/** How much was sold. */
export interface Sold {
	readonly units: number;
	readonly cents: number;
}

/** Counters of one machine, as vending management systems read them. */
export interface MachineAudit {
	readonly serial: string;
	readonly model: string;
	/** Version of the firmware. */
	readonly build: string;
	readonly location: string;
	/** The owner's own number of the machine; may be empty. */
	readonly asset: string;
	/** ISO 4217, three letters. */
	readonly currency: string;
	/** ISO 4217, three digits: 840 for USD. */
	readonly currencyNumber: number;
	readonly products: readonly {
		/** Number of the selection: its slot, or a shelf's position. At most 6 characters. */
		readonly selection: string;
		readonly name: string;
		readonly priceCents: number;
		readonly sinceInitialisation: Sold;
		readonly sinceLastReading: Sold;
	}[];
	/** Readings before this one. */
	readonly readings: number;
	readonly lastReadAtMs: number | undefined;
	/** Now. */
	readonly readAtMs: number;
}

/**
 * Audit data in the form of EVA-DTS 6.1 (European Vending Association, Data Transfer Standard), so that a fridge can be
 * read by the software that reads vending machines: identification (ID), all paid vends (VA1), the cashless system (DA),
 * a product a pair of lines (PA1, PA2), and the reading itself (EA3). Money is in the smallest unit of the currency,
 * times are UTC. Lines end with CR LF; characters beyond ASCII lose their accents or become `?`.
 */
export function evaDts(audit: MachineAudit): string {
	const { products, currency } = audit;
	const ever = total(products.map(({ sinceInitialisation }) => sinceInitialisation));
	const now = total(products.map(({ sinceLastReading }) => sinceLastReading));
	const counters = [ever.cents, ever.units, now.cents, now.units];
	const transactionSet = [
		segment("ST", "001", "0001"),
		segment("ID1", audit.serial, audit.model, audit.build, audit.location, "", audit.asset),
		// The 1 before the number says that it is a code of ISO 4217, and no telephone prefix.
		segment("ID4", fractionDigits(currency), `1${String(audit.currencyNumber).padStart(3, "0")}`, currency),
		segment("ID5", ...dateAndTime(audit.readAtMs)),
		segment("VA1", ...counters),
		segment("DA1", audit.serial, "VisionVend", audit.build),
		segment("DA2", ...counters),
		...products.flatMap(({ selection, name, priceCents, sinceInitialisation, sinceLastReading }) => [
			segment("PA1", selection, priceCents, name),
			segment(
				"PA2",
				sinceInitialisation.units,
				sinceInitialisation.cents,
				sinceLastReading.units,
				sinceLastReading.cents,
			),
		]),
		segment(
			"EA3",
			audit.readings + 1,
			...dateAndTime(audit.readAtMs),
			"VISIONVEND",
			...(audit.lastReadAtMs === undefined ? [] : dateAndTime(audit.lastReadAtMs)),
		),
	];
	const check = crc16Arc(Buffer.from(transactionSet.join(""), "ascii"));
	// The count takes in the check and the line that carries it.
	const count = transactionSet.length + 2;
	return [
		segment("DXS", communicationId(audit.serial), "VA", "V1/6", 1),
		...transactionSet,
		segment("G85", check.toString(16).toUpperCase().padStart(4, "0")),
		segment("SE", count, "0001"),
		segment("DXE", 1, 1),
	].join("");
}

function segment(name: string, ...fields: readonly (string | number)[]): string {
	const texts = [name, ...fields.map((field) => plain(String(field)))];
	while (texts[texts.length - 1] === "") texts.pop();
	return `${texts.join("*")}\r\n`;
}

/** `*` ends a field and CR LF a line: neither may come from outside. */
function plain(text: string): string {
	return text
		.normalize("NFKD")
		.replace(/\p{M}/gu, "")
		.replace(/[*\r\n\t]+/g, " ")
		.replace(/[^\x20-\x7e]/gu, "?")
		.trim();
}

function communicationId(serial: string): string {
	return plain(serial).replaceAll(" ", "").slice(-10).padStart(10, "0");
}

function dateAndTime(ms: number): [string, string] {
	const [date = "", time = ""] = new Date(ms).toISOString().split("T");
	return [date.slice(2).replaceAll("-", ""), time.slice(0, 8).replaceAll(":", "")];
}

function total(parts: readonly Sold[]): Sold {
	return parts.reduce<Sold>((sum, { units, cents }) => ({ units: sum.units + units, cents: sum.cents + cents }), {
		units: 0,
		cents: 0,
	});
}
