import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { PageProduct, PageScale, PageShelf, PageState, PageThing } from "../../src/serve/page-state.ts";
import { follow, useDrag } from "./drag.ts";
import { grams, money, plural } from "./format.ts";
import { Frame, useWidth } from "./frame.tsx";
import { type DoorPart, doorPath, fridgeOf, type Geometry, type ShelfBox } from "./geometry.ts";
import { lookOf, sizes } from "./looks.ts";
import { ProductArt } from "./product-art.tsx";
import { onRefused, send } from "./send.ts";

/** The scales and the world may differ by so much without anybody asking why. */
const soundMilligrams = 4_000;
/** So wide does the door stand in the drawing when it is wide open. */
const drawnDegrees = 93;
const reachDegrees = 20;
const ajarDegrees = 15;

/** The fridge from the front, with all that a hand can do to it. */
export function Fridge({ state }: { readonly state: PageState }) {
	const count = state.shelves.length;
	const [ref, width] = useWidth();
	const geometry = useMemo(() => fridgeOf(width, count), [width, count]);
	return (
		<Frame frame={ref} cabinet={geometry} state={state} title={`a fridge with ${plural(count, "shelf", "shelves")}`}>
			<Inside geometry={geometry} state={state} />
		</Frame>
	);
}

function Inside({ geometry, state }: { readonly geometry: Geometry; readonly state: PageState }) {
	const { inside } = geometry;
	const dragged = useDrag()?.thing.id;
	const reachable = state.door.degrees >= reachDegrees;
	const { products } = state.machine;
	const goods = useMemo(
		() =>
			geometry.shelves.map((place) => (
				<Goods
					key={place.number}
					place={place}
					geometry={geometry}
					shelf={state.shelves[place.number]}
					products={products}
					dragged={dragged}
					reachable={reachable}
				/>
			)),
		[geometry, state.shelves, products, dragged, reachable],
	);
	const scales = useMemo(
		() =>
			geometry.shelves.map((place) => (
				<Mass key={place.number} place={place} geometry={geometry} scale={state.scales[place.number]} />
			)),
		[geometry, state.scales],
	);
	return (
		<>
			<rect x={inside.x} y={inside.y} width={inside.width} height="34" rx="4" fill="url(#lamp)" />
			{scales}
			{goods}
			<Door geometry={geometry} door={state.door} />
		</>
	);
}

interface GoodsProps {
	readonly place: ShelfBox;
	readonly geometry: Geometry;
	readonly shelf: PageShelf | undefined;
	readonly products: readonly PageProduct[];
	readonly dragged: string | undefined;
	readonly reachable: boolean;
}

/** One shelf with its price tags and what stands on it. */
function Goods({ place, geometry, shelf, products, dragged, reachable }: GoodsProps) {
	const { number, box, floor, rail } = place;
	const { frame, inside } = geometry;
	// The lowest rail reaches down to the cabinet's floor.
	const railHeight = number === geometry.shelves.length - 1 ? inside.y + inside.height - floor : rail;
	const home = products.filter((product) => product.shelf === number);
	const things = (shelf?.things ?? []).filter(({ id }) => id !== dragged);
	const guests = things.filter(({ sku }) => !home.some((product) => product.sku === sku));
	const columns = home.length + (guests.length > 0 ? 0.8 : 0);
	const columnWidth = (box.width - geometry.lane) / Math.max(1, columns);
	return (
		<g class="shelf" data-place={`shelf-${number}`}>
			<rect {...box} fill="transparent" />
			<rect x={box.x - frame} y={floor - 7} width={box.width + 2 * frame} height="7" class="shelf-top" />
			<rect x={box.x - frame} y={floor} width={box.width + 2 * frame} height={railHeight} class="rail" />
			<rect x={box.x - frame} y={floor} width={box.width + 2 * frame} height="2" class="shelf-edge" />
			{home.map((product, column) => (
				<Stack
					key={product.sku}
					x={box.x + column * columnWidth}
					width={columnWidth}
					things={things.filter(({ sku }) => sku === product.sku)}
					product={product}
					place={place}
					geometry={geometry}
					reachable={reachable}
				/>
			))}
			{guests.map((thing, index) => (
				<Unit
					key={thing.id}
					thing={thing}
					product={products.find(({ sku }) => sku === thing.sku)}
					x={box.x + home.length * columnWidth + 4 + index * (geometry.compact ? 8 : 12)}
					width={columnWidth * 0.8}
					place={place}
					reachable={reachable}
					label={`${thing.name}, not at its place on shelf ${number + 1}. Enter takes it out.`}
				/>
			))}
		</g>
	);
}

interface StackProps {
	readonly x: number;
	readonly width: number;
	readonly things: readonly PageThing[];
	readonly product: PageProduct;
	readonly place: ShelfBox;
	readonly geometry: Geometry;
	readonly reachable: boolean;
}

/** The units of one product in one or two rows, one behind the other, above their price tag. */
function Stack({ x, width, things, product, place, geometry, reachable }: StackProps) {
	const { compact } = geometry;
	const step = compact ? { x: 3, y: 1.4 } : { x: 4.6, y: 2.2 };
	const size = sizeOf(product.sku, place, width - (compact ? 12 : 22));
	const gap = compact ? 2 : 4;
	const rows = 2 * size.width + gap + 2 * step.x <= width - 6 ? 2 : 1;
	const deep = Math.max(1, Math.ceil(unitsOfFullShelf / rows)) - 1;
	const wide = rows * size.width + (rows - 1) * gap + deep * step.x;
	const left = x + (width - wide) / 2;
	const label = `${product.name}, ${money(product.priceCents)}, ${things.length} on shelf ${place.number + 1}. Enter takes one.`;
	return (
		<g>
			{Array.from({ length: rows }, (_, row) => {
				// A unit stays in its row, so that the ones beside it do not move when it goes.
				const inRow = things.filter(({ id }) => numberOf(id) % rows === row);
				const front = inRow[0];
				const rowLeft = left + row * (size.width + gap);
				return (
					<g key={inRow.length > 0 ? `row-${row}` : `empty-${row}`}>
						{inRow
							.map((thing, behind) => ({ thing, behind }))
							.slice(1)
							.reverse()
							.map(({ thing, behind }) => (
								<g
									key={thing.id}
									transform={`translate(${rowLeft + behind * step.x} ${place.floor - 2 - size.height - behind * step.y})`}
									class="behind"
									style={{ "--behind": String(behind) }}
								>
									<ProductArt sku={product.sku} width={size.width} height={size.height} />
								</g>
							))}
						{front && (
							<Unit
								thing={front}
								product={product}
								x={rowLeft}
								width={size.width}
								place={place}
								reachable={reachable}
								label={label}
							/>
						)}
					</g>
				);
			})}
			<Tag x={x} width={width} product={product} place={place} compact={compact} />
		</g>
	);
}

/** So many units of a product does the fridge hold when it is full. */
const unitsOfFullShelf = 6;

/** 3 of `cola-3`. */
function numberOf(id: string): number {
	return Number(/\d+$/.exec(id)?.[0] ?? 0);
}

interface TagProps {
	readonly x: number;
	readonly width: number;
	readonly product: PageProduct;
	readonly place: ShelfBox;
	readonly compact: boolean;
}

/** A paper price tag in the shelf's rail. */
function Tag({ x, width, product, place, compact }: TagProps) {
	const { floor, rail } = place;
	const inset = compact ? 1.5 : 3;
	const name = shortened(product.name, width - (compact ? 7 : 14), compact ? 4.7 : 5.7);
	return (
		<g class="tag">
			<rect x={x + inset} y={floor + 4} width={width - 2 * inset} height={rail - 6} rx="2" />
			<text x={x + inset + (compact ? 3 : 5)} y={floor + (compact ? 12.5 : 14.5)} class="tag-name">
				{name}
			</text>
			<text x={x + inset + (compact ? 3 : 5)} y={floor + rail - (compact ? 4.5 : 5)} class="tag-price">
				{money(product.priceCents)}
			</text>
		</g>
	);
}

interface UnitProps {
	readonly thing: PageThing;
	readonly product: PageProduct | undefined;
	readonly x: number;
	readonly width: number;
	readonly place: ShelfBox;
	readonly reachable: boolean;
	readonly label: string;
}

/** A thing that a hand can take. */
function Unit({ thing, product, x, width, place, reachable, label }: UnitProps) {
	const size = sizeOf(thing.sku, place, width);
	const take = () => void send({ do: "take", thing: thing.id });
	return (
		// biome-ignore lint/a11y/useSemanticElements: a drawing has no button of HTML
		<g
			role="button"
			tabindex={reachable ? 0 : -1}
			aria-label={label}
			aria-disabled={!reachable}
			class="unit"
			data-thing={thing.id}
			data-sku={product?.sku}
			transform={`translate(${x} ${place.floor - 2 - size.height})`}
			onPointerDown={(event) => follow(event, thing, "shelf", take)}
			onKeyDown={(event) => {
				if (event.key !== "Enter" && event.key !== " ") return;
				event.preventDefault();
				take();
			}}
		>
			<rect x="-4" y="-4" width={size.width + 8} height={size.height + 6} rx="6" class="focus-ring" />
			<ProductArt sku={thing.sku} width={size.width} height={size.height} />
		</g>
	);
}

/** Pixels of one unit on this shelf, at most so wide. */
function sizeOf(sku: string | undefined, { clear }: ShelfBox, widest: number): { width: number; height: number } {
	const size = sizes[lookOf(sku).shape];
	const scale = Math.min(1, widest / (size.width * clear));
	return { width: size.width * clear * scale, height: size.height * clear * scale };
}

function shortened(text: string, width: number, letter: number): string {
	const most = Math.max(3, Math.floor(width / letter));
	return text.length <= most ? text : `${text.slice(0, most - 1).trimEnd()}…`;
}

interface MassProps {
	readonly place: ShelfBox;
	readonly geometry: Geometry;
	readonly scale: PageScale | undefined;
}

/** What the shelf truly carries, and what the controller has read of it. */
function Mass({ place, geometry, scale }: MassProps) {
	const { box, floor } = place;
	const { lane, compact } = geometry;
	if (scale === undefined) return null;
	const x = box.x + box.width - lane + (compact ? 3 : 6);
	const width = lane - (compact ? 3 : 6);
	const isSound =
		scale.readMilligrams !== undefined && Math.abs(scale.readMilligrams - scale.trueMilligrams) <= soundMilligrams;
	const height = compact ? 56 : 64;
	const y = floor - height - (compact ? 11 : 16);
	const middle = x + width / 2;
	const line = compact ? 14 : 16;
	return (
		<g class={scale.awake ? "mass awake" : "mass"} data-mass={place.number}>
			<title>
				{`Shelf ${place.number + 1}: ${grams(scale.trueMilligrams)} lie there; the controller last read ${scale.readMilligrams === undefined ? "nothing" : grams(scale.readMilligrams)}${scale.awake ? ", and reads now" : ""}`}
			</title>
			<rect x={x} y={y} width={width} height={height} rx="5" class="mass-box" />
			<text x={middle} y={y + line * 0.95} class="mass-label">
				on the shelf
			</text>
			<text x={middle} y={y + line * 1.85} class="mass-value" data-true={scale.trueMilligrams}>
				{grams(scale.trueMilligrams)}
			</text>
			<text x={middle} y={y + line * 2.8} class="mass-label">
				{scale.awake ? "reading" : "last read"}
			</text>
			<text
				x={middle}
				y={y + line * 3.7}
				class={isSound ? "mass-value read" : "mass-value read differs"}
				data-read={scale.readMilligrams}
			>
				{scale.readMilligrams === undefined ? "–" : grams(scale.readMilligrams)}
			</text>
		</g>
	);
}

interface DoorProps {
	readonly geometry: Geometry;
	readonly door: PageState["door"];
}

/** The glass door. A click or a pull at it opens it, where the bolt lets go; another one shuts it. */
function Door({ geometry, door }: DoorProps) {
	const degrees = useSwing((door.degrees * drawnDegrees) / 90);
	const [rattles, setRattles] = useState(0);
	useEffect(() => onRefused((problem) => problem.startsWith("The bolt") && setRattles((count) => count + 1)), []);
	const isAjar = door.degrees > 0;
	const act = () => void send({ do: isAjar ? "close" : "open" });
	// A door that passes by is in nobody's way: hands reach for what is behind it.
	const swings = degrees > ajarDegrees && degrees < drawnDegrees - 2;
	const { frame, inside } = geometry;
	const path = (part: DoorPart) => doorPath(geometry, degrees, part);
	const all = path({ left: 0, right: 0, top: 0, bottom: 0 });
	const glass = path({ left: frame, right: frame, top: frame, bottom: frame });
	const band = (from: number, to: number) =>
		path({ left: inside.width * from, right: inside.width * (1 - to), top: frame, bottom: frame });
	return (
		// biome-ignore lint/a11y/useSemanticElements: a drawing has no button of HTML
		<g
			key={rattles}
			role="button"
			tabindex={0}
			aria-label={
				isAjar ? "Door, open. Enter shuts it." : `Door, shut${door.latched ? " and bolted" : ""}. Enter opens it.`
			}
			class={`door${rattles > 0 ? " rattles" : ""}${swings ? " swings" : ""}`}
			data-door={isAjar ? "open" : "shut"}
			onPointerDown={(event) => pull(event, act)}
			onKeyDown={(event) => {
				if (event.key !== "Enter" && event.key !== " ") return;
				event.preventDefault();
				act();
			}}
		>
			<path d={glass} fill="url(#glass)" />
			<path d={band(0.1, 0.19)} class="gleam" />
			<path d={band(0.22, 0.245)} class="gleam" />
			<path d={`${all}${glass}`} fill-rule="evenodd" class="door-frame" />
			<path d={all} class="door-line" />
			<path d={glass} class="door-line" />
			<path
				d={path({
					left: inside.width - frame * 0.8,
					right: frame * 0.15,
					top: inside.height * 0.34,
					bottom: inside.height * 0.34,
				})}
				class="handle"
			/>
		</g>
	);
}

/** A pull or a push at the door, or a click. */
function pull(event: PointerEvent, act: () => void): void {
	if (event.button !== 0) return;
	event.preventDefault();
	const { pointerId } = event;
	const up = (at: PointerEvent): void => {
		if (at.pointerId !== pointerId) return;
		removeEventListener("pointerup", up);
		removeEventListener("pointercancel", up);
		if (at.type === "pointerup") act();
	};
	addEventListener("pointerup", up);
	addEventListener("pointercancel", up);
}

/** Follows an angle smoothly: the server tells it 20 times a second, the screen shows it more often. */
function useSwing(target: number): number {
	const [shown, setShown] = useState(target);
	const shownNow = useRef(target);
	useEffect(() => {
		if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
			shownNow.current = target;
			setShown(target);
			return;
		}
		let frame = 0;
		let before = performance.now();
		const step = (now: number): void => {
			const part = 1 - Math.exp(-(now - before) / 55);
			before = now;
			const next = shownNow.current + (target - shownNow.current) * part;
			shownNow.current = Math.abs(next - target) < 0.05 ? target : next;
			setShown(shownNow.current);
			if (shownNow.current !== target) frame = requestAnimationFrame(step);
		};
		if (shownNow.current !== target) frame = requestAnimationFrame(step);
		return () => cancelAnimationFrame(frame);
	}, [target]);
	return shown;
}
