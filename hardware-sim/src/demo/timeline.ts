import { formatCents } from "@visionvend/sdk/catalog/money";
import type { RoomName, StageEvent } from "../scenario/stage.ts";
import { paint } from "./paint.ts";

const colors = {
	world: "yellow",
	phone: "magenta",
	cloud: "cyan",
	payments: "green",
	broker: "gray",
	pi: "blue",
	controller: "white",
	attacker: "red",
} as const satisfies Record<RoomName, Parameters<typeof paint>[0]>;

const text = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
/** A reason as people write it: `stale-nonce`, `forced_door` become words. */
export const words = (value: unknown): string => text(value).replaceAll(/[-_]/g, " ");
const grams = (milligrams: unknown): string =>
	typeof milligrams === "number" ? `${(milligrams / 1000).toFixed(1)} g` : text(milligrams);
const money = (cents: unknown): string => (typeof cents === "number" ? formatCents(cents, "usd") : text(cents));

type Tell = (event: StageEvent) => string;

/** How each event reads. What is not here is detail that the timeline leaves out (`--json` shows everything). */
const sentences: Readonly<Record<string, Tell>> = {
	"phone tapped": () => "taps to unlock",
	"phone answered": (event) =>
		event.status === 200 ? "sees “Unlocking…”" : `sees an error (${text(event.status)}): ${problem(event.body)}`,
	"phone failed": () => "loses the connection, and will try again",
	"cloud payment.held": (event) => `holds ${money(event.amountCents)} on the card`,
	"cloud payment.declined": (event) => `hears the bank decline: ${words(event.code)}`,
	"cloud hello.requested": () => "asks the controller for a fresh nonce",
	"controller hello.sent": (event) =>
		event.request === "" ? "says hello" : "answers with a nonce, good for 20 s and one use",
	"cloud unlock.sent": () => "seals an unlock for this one sale, this one nonce, this one door",
	"controller unlock.accepted": (event) => `checks seal, nonce and counter ${text(event.counter)}; writes it to flash`,
	"controller unlock.refused": (event) => `refuses the unlock: ${words(event.reason)}`,
	"controller baseline.measured": () => "has weighed the four shelves",
	"controller lock.energised": () => "coil on: the bolt goes back",
	"controller lock.released": () => "coil off",
	"world door opened": () => "the door opens",
	"world door forced": () => "the door is forced open",
	"world door closed": () => "the door falls shut",
	"world took": (event) => `the shopper takes ${text(event.name)} (${grams(event.milligrams)})`,
	"world put back": (event) => `the shopper puts ${text(event.name)} back on shelf ${text(event.shelf)}`,
	"world placed": (event) =>
		`the shopper leaves a ${text(event.name)} (${grams(event.milligrams)}) on shelf ${text(event.shelf)}`,
	"world power cut": () => "the controller loses its power",
	"world power back": () => "the power is back",
	"world wire cut": () => "the wire to the controller is cut",
	"world wire mended": () => "the wire is mended",
	"controller reset": (event) => `resets (${text(event.reason)})`,
	"controller boot": (event) =>
		`boots (${words(event.resetReason)})${event.phase === "open" ? ", and remembers that the door is open" : ""}`,
	"controller door.ajar": () => "the door has been open for too long: alarm",
	"controller door.forced": () => "the door opened without a sale: alarm",
	"controller scales.settled": () => "the scales have settled",
	"controller report.sent": () => "reports what each shelf lost, and keeps the report until it is safe",
	"controller message.rejected": (event) => `throws a message away: ${words(event.reason)}`,
	"controller receipt.shown": () => "shows the receipt",
	"pi report.stored": () => "stores the report, then acknowledges it",
	"pi basket.decided": (event) => decided(event),
	"cloud door.ajar": () => "notes: door ajar",
	"cloud unlock.refused": (event) => `hears that the controller refused: ${words(event.reason)}`,
	"cloud door.forced": () => "alarm: forced door",
	"cloud report.received": () => "checks both seals and weighs again",
	"cloud payment.captured": (event) => captured(event),
	"cloud payment.cancelled": () => "gives the whole hold back",
	"cloud sale.review": (event) => `puts the sale before a person: ${words(event.cause)}`,
	"cloud webhook.duplicate": () => "has heard that already, and ignores it",
	"cloud killed": () => "is killed",
	"pi killed": () => "is killed",
	"broker killed": () => "is killed",
	"broker restarted": () => "is back",
	"broker started": (event) =>
		event.kind === "mosquitto"
			? "Mosquitto is up, TLS 1.3"
			: `the embedded broker is up (${event.excuse === undefined ? "aedes" : text(event.excuse)})`,
	"cloud started": () => "starts",
	"pi started": () => "starts",
	"attacker replays": () => "plays a recorded unlock again",
	"attacker forges": () => "sends an unlock with a seal of their own",
	"attacker redirects": (event) => `sends the unlock of ${text(event.from)} here`,
};

function decided(event: StageEvent): string {
	const { kind, items, probabilityPermille, reason, detail, cameras } = event;
	if (kind !== "settle") return `cannot decide: ${words(reason)}. ${text(detail)}`;
	const named = Array.isArray(items)
		? items.map((item: { sku: string; quantity: number }) => `${item.quantity} × ${item.sku}`)
		: [];
	const sure = typeof probabilityPermille === "number" ? ` (${(probabilityPermille / 10).toFixed(1)} %)` : "";
	const senses = cameras === true ? "weights and what it saw" : "weights";
	return `decides from the ${senses}: ${named.join(", ") || "nothing is gone"}${sure}`;
}

/** `finalCents`, the price of the basket, is there when the hold was too small for it and a second payment follows. */
function captured({ amountCents, finalCents }: StageEvent): string {
	if (finalCents === undefined) return `captures exactly ${money(amountCents)}`;
	return `captures the whole hold, ${money(amountCents)}, of the ${money(finalCents)} that the basket costs`;
}

function problem(body: unknown): string {
	return typeof body === "object" && body !== null && "detail" in body ? text(body.detail) : text(body);
}

/** One line of the timeline, or `undefined` for events that are detail. */
export function timelineLine(event: StageEvent, options: { readonly plain?: boolean } = {}): string | undefined {
	const sentence = sentences[`${event.room} ${event.event}`];
	if (!sentence) return undefined;
	const time = `${(event.atMs / 1000).toFixed(2).padStart(7)} s`;
	const room = event.room.padEnd(10);
	if (options.plain) return `${time}  ${room}  ${sentence(event)}`;
	return `${paint("gray", time)}  ${paint(colors[event.room], room)}  ${sentence(event)}`;
}
