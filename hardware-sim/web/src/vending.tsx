import { useMemo } from "preact/hooks";
import type { PageProduct, PageSlot, PageState } from "../../src/serve/page-state.ts";
import { type ChoiceProps, choose } from "./choice.ts";
import { money, plural } from "./format.ts";
import { Frame, useWidth } from "./frame.tsx";
import { type Box, type Cabinet, cabinetOf } from "./geometry.ts";
import { lookOf, sizes } from "./looks.ts";
import { pressable } from "./press.ts";
import { ProductArt } from "./product-art.tsx";
import { send } from "./send.ts";

const columns = 3;
const coils = 6;

interface Places extends Cabinet {
	readonly slots: readonly Box[];
	readonly tray: Box;
}

function placesOf(width: number, count: number): Places {
	const rows = Math.ceil(count / columns);
	const cabinet = cabinetOf(width, (compact) => rows * (compact ? 150 : 184) + (compact ? 92 : 112));
	const { inside, compact } = cabinet;
	const rowHeight = compact ? 150 : 184;
	const cellWidth = inside.width / columns;
	return {
		...cabinet,
		slots: Array.from({ length: count }, (_, number) => ({
			x: inside.x + (number % columns) * cellWidth,
			y: inside.y + Math.floor(number / columns) * rowHeight,
			width: cellWidth,
			height: rowHeight,
		})),
		tray: { x: inside.x, y: inside.y + rows * rowHeight, width: inside.width, height: compact ? 92 : 112 },
	};
}

/** A vending machine: spirals behind glass, and the tray where things fall. */
export function Vending({ state, choice, onChoice }: { readonly state: PageState } & ChoiceProps) {
	const { slots } = state;
	const [ref, width] = useWidth();
	const places = useMemo(() => placesOf(width, slots.length), [width, slots.length]);
	return (
		<Frame frame={ref} cabinet={places} state={state} title={`a vending machine with ${plural(slots.length, "slot")}`}>
			{slots.map((slot) => (
				<Slot
					key={slot.number}
					slot={slot}
					place={places.slots[slot.number] ?? places.tray}
					compact={places.compact}
					product={state.machine.products.find(({ sku }) => sku === slot.sku)}
					chosen={choice.filter((number) => number === slot.number).length}
					onPress={() => onChoice(choose(choice, slot.number))}
				/>
			))}
			<Tray place={places.tray} state={state} compact={places.compact} />
		</Frame>
	);
}

interface SlotProps {
	readonly slot: PageSlot;
	readonly place: Box;
	readonly compact: boolean;
	readonly product: PageProduct | undefined;
	readonly chosen: number;
	readonly onPress: () => void;
}

/** One spiral with what stands in it. A press chooses one of it. */
function Slot({ slot, place, compact, product, chosen, onPress }: SlotProps) {
	const name = product?.name ?? `Slot ${slot.number}`;
	const rail = compact ? 36 : 38;
	const floor = place.y + place.height - rail;
	const clear = place.height - rail - (compact ? 20 : 26);
	const shape = sizes[lookOf(slot.sku).shape];
	const scale = Math.min(clear / shape.height, (place.width * 0.5) / shape.width, clear * 1.05);
	const size = { width: shape.width * scale, height: shape.height * scale };
	const step = (place.width * 0.26) / coils;
	const left = place.x + (place.width - size.width - coils * step) / 2;
	// The one in front moves towards the edge while the spiral turns, and falls at the end.
	const push = slot.turns ? slot.turned * 10 : 0;
	const label = `${name}, ${money(product?.priceCents ?? 0)}, ${slot.units} left. Enter chooses one${chosen > 0 ? `; ${chosen} chosen` : ""}.`;
	return (
		<g
			class={chosen > 0 ? "slot chosen" : "slot"}
			data-slot={slot.number}
			data-units={slot.units}
			{...pressable(label, onPress)}
		>
			<rect {...place} class="slot-back" />
			<rect x={place.x} y={floor - 7} width={place.width} height="7" class="shelf-top" />
			{Array.from({ length: slot.units }, (_, index) => slot.units - 1 - index).map((behind) => (
				<g
					key={behind}
					class="behind"
					style={{ "--behind": String(behind) }}
					transform={`translate(${left + behind * step} ${floor - 3 - size.height - behind * 2.2 + (behind === 0 ? push : 0)})`}
				>
					<ProductArt sku={slot.sku} width={size.width} height={size.height} />
				</g>
			))}
			<g class={slot.turns ? "spiral turns" : "spiral"}>
				{Array.from({ length: coils }, (_, index) => {
					const x = left - 4 + index * step + (slot.turns ? slot.turned * step : 0);
					return (
						<ellipse
							key={index}
							cx={x + size.width / 2}
							cy={floor - 16 - index * 2.2}
							rx={size.width / 2 + 8}
							ry={compact ? 11 : 14}
						/>
					);
				})}
			</g>
			<rect x={place.x} y={floor} width={place.width} height={rail} class="rail" />
			<g class="tag">
				<rect x={place.x + 4} y={floor + 4} width={place.width - 8} height={rail - 8} rx="3" />
				<text x={place.x + 11} y={floor + rail / 2 + 6} class="slot-number">
					{slot.number}
				</text>
				<text x={place.x + 30} y={floor + rail / 2 - 2} class="tag-name">
					{compact && name.length > 14 ? `${name.slice(0, 13)}…` : name}
				</text>
				<text x={place.x + 30} y={floor + rail / 2 + 11} class="tag-price">
					{money(product?.priceCents ?? 0)}
				</text>
			</g>
			{chosen > 0 && (
				<g transform={`translate(${place.x + place.width - 22} ${place.y + 22})`}>
					<circle r="13" class="chosen-mark" />
					<text y="4.5" class="chosen-count">
						{chosen}
					</text>
				</g>
			)}
			<rect
				x={place.x + 2}
				y={place.y + 2}
				width={place.width - 4}
				height={place.height - 4}
				rx="6"
				class="focus-ring"
			/>
		</g>
	);
}

/** What has fallen. A press takes all of it. */
function Tray({
	place,
	state,
	compact,
}: {
	readonly place: Box;
	readonly state: PageState;
	readonly compact: boolean;
}) {
	const { tray } = state;
	const inset = compact ? 8 : 14;
	const flap = {
		x: place.x + inset,
		y: place.y + inset,
		width: place.width - 2 * inset,
		height: place.height - 2 * inset,
	};
	const size = flap.height * 0.92;
	const label =
		tray.length === 0 ? "The tray is empty." : `${plural(tray.length, "thing")} in the tray. Enter takes them out.`;
	return (
		<g class="tray" data-tray={tray.length} {...pressable(label, () => void send({ do: "collect" }))}>
			<rect {...place} fill="#2a3331" />
			<rect {...flap} rx="8" fill="#0d1211" />
			{tray.map((thing, index) => {
				const shape = sizes[lookOf(thing.sku).shape];
				const x = flap.x + 16 + index * (size * 0.78);
				return (
					<g
						key={thing.id}
						transform={`translate(${x} ${flap.y + flap.height - 6 - shape.width * size}) rotate(90 0 0) translate(0 ${-shape.height * size})`}
					>
						<ProductArt sku={thing.sku} width={shape.width * size} height={shape.height * size} />
					</g>
				);
			})}
			<rect {...flap} rx="8" fill="url(#glass)" stroke="#46524f" stroke-width="1.5" class="focus-ring-soft" />
			<text x={place.x + place.width / 2} y={flap.y + flap.height / 2 + 4} class="tray-text">
				{tray.length === 0 ? "PUSH" : ""}
			</text>
		</g>
	);
}
