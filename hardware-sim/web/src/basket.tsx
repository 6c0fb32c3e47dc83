import { useState } from "preact/hooks";
import type { PageState, PageThing } from "../../src/serve/page-state.ts";
import { follow, useDrag } from "./drag.ts";
import { money, plural } from "./format.ts";
import { lookOf, sizes } from "./looks.ts";
import { ProductArt } from "./product-art.tsx";
import { send } from "./send.ts";

/** What the shopper holds, and a stone for those who want to cheat the scales. */
export function Basket({ state }: { readonly state: PageState }) {
	const drag = useDrag();
	const things = state.basket.filter(({ id }) => id !== drag?.thing.id);
	const goods = things.filter(({ id }) => id !== "stone");
	const stone = things.find(({ id }) => id === "stone");
	return (
		<section
			class={drag?.over === "basket" ? "basket over" : "basket"}
			data-place="basket"
			aria-label="Your basket"
			data-count={goods.length}
		>
			<div class="basket-goods">
				{goods.map((thing) => (
					<Held key={thing.id} thing={thing} state={state} />
				))}
				{goods.length === 0 && <p class="hint">{hintOf(state)}</p>}
			</div>
			{stone && <Stone stone={stone} state={state} />}
			<p class="basket-sum">
				<b data-basket-cents={state.basketCents}>{money(state.basketCents)}</b>
				<span>{plural(goods.length, "thing")} taken</span>
			</p>
		</section>
	);
}

function hintOf({ machine, door, tray }: PageState): string {
	switch (machine.kind) {
		case "fridge":
			return door.degrees >= 20 ? "Drag products here, and back onto any shelf." : "Your basket is empty.";
		case "vending":
			return tray.length > 0 ? "Take out what has fallen: press the tray." : "Your basket is empty.";
		case "coffee":
			return "Your hands are empty.";
	}
}

/** Something in the basket. */
function Held({ thing, state }: { readonly thing: PageThing; readonly state: PageState }) {
	const home = state.machine.products.find(({ sku }) => sku === thing.sku)?.shelf ?? 0;
	const put = (shelf: number) => void send({ do: "put", thing: thing.id, shelf });
	const fits = state.shelves.length > 0;
	const shape = sizes[lookOf(thing.sku).shape];
	const scale = Math.min(95, 66 / shape.height, 66 / shape.width);
	const size = { width: shape.width * scale, height: shape.height * scale };
	return (
		<button
			type="button"
			class="held"
			data-thing={thing.id}
			data-sku={thing.sku}
			title={fits ? `${thing.name}: drag it back, or press 1 to ${state.shelves.length} for a shelf` : thing.name}
			aria-label={
				fits
					? `${thing.name}, taken. Enter puts it back, 1 to ${state.shelves.length} puts it on that shelf.`
					: thing.name
			}
			onPointerDown={(event) => fits && follow(event, thing, "basket", () => put(home))}
			onKeyDown={(event) => {
				const shelf = event.key === "Enter" || event.key === " " ? home : Number(event.key) - 1;
				if (!Number.isInteger(shelf) || shelf < 0 || shelf >= state.shelves.length) return;
				event.preventDefault();
				put(shelf);
			}}
		>
			<svg viewBox="0 0 70 70" width="56" height="56" aria-hidden="true">
				<title>{thing.name}</title>
				<g transform={`translate(${35 - size.width / 2} ${68 - size.height})`}>
					<ProductArt sku={thing.sku} width={size.width} height={size.height} />
				</g>
			</svg>
		</button>
	);
}

/** A stone of any mass, to swap with. */
function Stone({ stone, state }: { readonly stone: PageThing; readonly state: PageState }) {
	const [wanted, setWanted] = useState(stone.milligrams / 1_000);
	return (
		<div class="stone">
			<button
				type="button"
				class="held"
				data-thing="stone"
				title={`A stone of ${wanted} g: drag it onto a shelf, or press 1 to ${state.shelves.length}`}
				aria-label={`Stone, ${wanted} grams. 1 to ${state.shelves.length} puts it on that shelf.`}
				onPointerDown={(event) => follow(event, stone, "basket", () => undefined)}
				onKeyDown={(event) => {
					const shelf = Number(event.key) - 1;
					if (!Number.isInteger(shelf) || shelf < 0 || shelf >= state.shelves.length) return;
					event.preventDefault();
					void send({ do: "put", thing: "stone", shelf });
				}}
			>
				<svg viewBox="0 0 70 70" width="56" height="56" aria-hidden="true">
					<title>Stone</title>
					<g transform="translate(12 30)">
						<ProductArt sku={undefined} width={46} height={34} />
					</g>
				</svg>
			</button>
			<label>
				<span>{wanted}&thinsp;g</span>
				<input
					type="range"
					min="50"
					max="1000"
					step="5"
					value={wanted}
					aria-label="Mass of the stone in grams"
					onInput={(event) => setWanted(Number(event.currentTarget.value))}
					onChange={(event) => void send({ do: "stone", grams: Number(event.currentTarget.value) })}
				/>
			</label>
		</div>
	);
}

/** The thing under the finger. */
export function Ghost() {
	const drag = useDrag();
	if (drag === undefined) return null;
	const size = sizes[lookOf(drag.thing.sku).shape];
	const width = size.width * 92;
	const height = size.height * 92;
	return (
		<svg
			class="ghost"
			width={width}
			height={height}
			style={{ transform: `translate(${drag.x - width / 2}px, ${drag.y - height * 0.62}px)` }}
			aria-hidden="true"
		>
			<title>{drag.thing.name}</title>
			<ProductArt sku={drag.thing.sku} width={width} height={height} />
		</svg>
	);
}
