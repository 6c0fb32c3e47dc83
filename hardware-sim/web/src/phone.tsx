import type { PageKind, PageState } from "../../src/serve/page-state.ts";
import { type ChoiceProps, unchoose } from "./choice.ts";
import { money, words } from "./format.ts";
import { send } from "./send.ts";

const running: ReadonlySet<string> = new Set(["requested", "authorised", "unlocked", "open", "closed"]);

/** What the shopper's phone shows. */
interface Screen {
	readonly title: string;
	readonly text: string;
	readonly mood: "calm" | "busy" | "good" | "bad";
}

const welcome: Readonly<Record<PageKind, Screen>> = Object.freeze({
	fridge: { title: "Lobby fridge", text: "Tap, open, take. You pay for what is gone.", mood: "calm" },
	vending: { title: "Snack machine", text: "Choose what you like. You pay for what falls.", mood: "calm" },
	coffee: { title: "Coffee corner", text: "Choose a drink. You pay when it is in the cup.", mood: "calm" },
});

/** What the phone shows while a machine that delivers is at work. */
function deliveryOf(state: string, kind: PageKind): Screen | undefined {
	if (state === "requested" || state === "authorised")
		return { title: "One moment", text: "The machine checks the order.", mood: "busy" };
	if (state === "unlocked" || state === "open" || state === "closed")
		return {
			title: "Coming up…",
			text: kind === "coffee" ? "A cold boiler takes a minute or two: try × 10." : "Watch the spirals turn.",
			mood: "busy",
		};
	return undefined;
}

function screenOf({ machine, phone, sale, door, lock }: PageState): Screen {
	if (phone.busy) return { title: "One moment", text: "The bank holds the money.", mood: "busy" };
	if (phone.problem !== null) return { title: "That did not work", text: phone.problem, mood: "bad" };
	if (sale === null) return welcome[machine.kind];
	const delivery = machine.kind === "fridge" ? undefined : deliveryOf(sale.state, machine.kind);
	if (delivery) return delivery;
	switch (sale.state) {
		case "requested":
		case "authorised":
			return lock.released
				? { title: "Pull the door", text: `${money(sale.heldCents)} are held on your card.`, mood: "good" }
				: { title: "Unlocking…", text: "The fridge weighs its shelves.", mood: "busy" };
		case "unlocked":
			return { title: "Pull the door", text: `${money(sale.heldCents)} are held on your card.`, mood: "good" };
		case "open":
			return { title: "Help yourself", text: "Shut the door when you are done.", mood: "good" };
		case "closed":
			return { title: "Adding up…", text: "The scales come to rest.", mood: "busy" };
		case "captured":
			return {
				title: `${money(sale.capturedCents)} paid`,
				text: sale.heldCents > sale.capturedCents ? "Thank you. The rest of the hold is let go." : "Thank you.",
				mood: "good",
			};
		case "cancelled":
			return {
				title: "Nothing to pay",
				text: sale.cause === null ? "The hold is let go." : `The hold is let go: ${words(sale.cause)}.`,
				mood: "calm",
			};
		default:
			return {
				title: "Somebody looks at it",
				text: `We could not be sure${sale.cause === null ? "" : `: ${words(sale.cause)}`}.${door.open ? "" : " Nothing more is charged until then."}`,
				mood: "bad",
			};
	}
}

/** The shopper's phone. The page's server makes the requests of its app. */
export function Phone({ state, choice, onChoice }: { readonly state: PageState } & ChoiceProps) {
	const { phone, sale, machine, lock, door } = state;
	const screen = screenOf(state);
	const delivers = machine.kind !== "fridge";
	const productOf = (slot: number) => machine.products.find(({ shelf }) => shelf === slot);
	const cents = choice.reduce((sum, slot) => sum + (productOf(slot)?.priceCents ?? 0), 0);
	const isRunning = phone.busy || (sale !== null && running.has(sale.state));
	return (
		<section class="card phone" aria-labelledby="phone-title">
			<h2 id="phone-title">Shopper’s phone</h2>
			<div class={`screen ${screen.mood}`} data-screen={screen.mood} role="status">
				<strong>{screen.title}</strong>
				<span>{screen.text}</span>
			</div>
			{isRunning && (lock.released || door.degrees > 0) ? (
				<button
					type="button"
					class="tap door-button"
					onClick={() => void send({ do: door.degrees > 0 ? "close" : "open" })}
				>
					{door.degrees > 0 ? "Shut the door" : "Pull the door"}
				</button>
			) : (
				<button
					type="button"
					class="tap"
					disabled={isRunning || state.time.speed === 0 || (delivers && choice.length === 0)}
					onClick={() => {
						void send(delivers ? { do: "tap", slots: [...choice] } : { do: "tap" });
						onChoice([]);
					}}
				>
					<TapIcon />
					{labelOf(delivers, isRunning, cents)}
				</button>
			)}
			{choice.length > 0 && (
				<ul class="choice">
					{[...new Set(choice)].map((slot) => (
						<li key={slot}>
							<button type="button" title="One less" onClick={() => onChoice(unchoose(choice, slot))}>
								{choice.filter((number) => number === slot).length} × {productOf(slot)?.name ?? `Slot ${slot}`} ✕
							</button>
						</li>
					))}
				</ul>
			)}
			<fieldset class="cards">
				<legend>Card</legend>
				{machine.cards.map((card) => (
					<label key={card.id}>
						<input
							type="radio"
							name="card"
							value={card.id}
							checked={phone.card === card.id}
							onChange={() => void send({ do: "card", card: card.id })}
						/>
						<span>
							{card.label} <i>{card.note}</i>
						</span>
					</label>
				))}
			</fieldset>
		</section>
	);
}

function labelOf(delivers: boolean, isRunning: boolean, cents: number): string {
	if (!delivers) return "Tap to unlock";
	if (isRunning) return "Delivering…";
	return cents > 0 ? `Tap to buy · ${money(cents)}` : "Choose first";
}

function TapIcon() {
	return (
		<svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" class="tap-icon">
			<title>Near field</title>
			<path d="M6 8q4 4 0 8M10 5.5q7 6.5 0 13M14.5 3q10 9 0 18" />
		</svg>
	);
}
