import { useMemo } from "preact/hooks";
import type { PageCoffee, PageProduct, PageState } from "../../src/serve/page-state.ts";
import type { ChoiceProps } from "./choice.ts";
import { money } from "./format.ts";
import { Frame, useWidth } from "./frame.tsx";
import { type Box, cabinetOf } from "./geometry.ts";
import { pressable } from "./press.ts";
import { ProductArt } from "./product-art.tsx";
import { send } from "./send.ts";

/** The tank and the cup of the demo machine, for how full they look. */
const tankMillilitres = 2_000;
const cupMillilitres = 220;

/** A coffee machine: a menu of buttons at the left, tank, boiler and spout at the right. */
export function Coffee({ state, choice, onChoice }: { readonly state: PageState } & ChoiceProps) {
	const [ref, width] = useWidth();
	const cabinet = useMemo(() => cabinetOf(width, (compact) => (compact ? 340 : 420)), [width]);
	const { inside, compact } = cabinet;
	const menuWidth = inside.width * 0.42;
	const { products } = state.machine;
	const pitch = compact ? 72 : 86;
	return (
		<Frame frame={ref} cabinet={cabinet} state={state} title="a coffee machine">
			<rect {...inside} rx="4" fill="#38423f" />
			{products.map((product, index) => (
				<Drink
					key={product.sku}
					product={product}
					compact={compact}
					chosen={choice.includes(product.shelf)}
					place={{
						x: inside.x + 12,
						y: inside.y + 14 + index * pitch,
						width: menuWidth - 18,
						height: pitch - 12,
					}}
					onPress={() => onChoice(choice.includes(product.shelf) ? [] : [product.shelf])}
				/>
			))}
			{state.coffee && (
				<Group
					coffee={state.coffee}
					place={{
						x: inside.x + menuWidth,
						y: inside.y + 14,
						width: inside.width - menuWidth - 12,
						height: inside.height - 26,
					}}
				/>
			)}
		</Frame>
	);
}

interface DrinkProps {
	readonly product: PageProduct;
	readonly compact: boolean;
	readonly chosen: boolean;
	readonly place: Box;
	readonly onPress: () => void;
}

function Drink({ product, compact, chosen, place, onPress }: DrinkProps) {
	const { x, y, width, height } = place;
	const mug = compact ? 28 : 38;
	const text = x + mug + (compact ? 14 : 22);
	return (
		<g
			class={chosen ? "drink chosen" : "drink"}
			data-slot={product.shelf}
			{...pressable(
				`${product.name}, ${money(product.priceCents)}. Enter chooses it${chosen ? "; chosen" : ""}.`,
				onPress,
			)}
		>
			<rect {...place} rx="12" class="drink-back" />
			<g transform={`translate(${x + 10} ${y + (height - mug) / 2})`}>
				<ProductArt sku={product.sku} width={mug} height={mug} />
			</g>
			<text x={text} y={y + height / 2 - 3} class="drink-name">
				{product.name}
			</text>
			<text x={text} y={y + height / 2 + 15} class="drink-price">
				{money(product.priceCents)}
			</text>
			<rect x={x + 2} y={y + 2} width={width - 4} height={height - 4} rx="10" class="focus-ring" />
		</g>
	);
}

/** Tank, boiler, grinder and spout, with the cup below. */
function Group({ coffee, place }: { readonly coffee: PageCoffee; readonly place: Box }) {
	const { x, y, width, height } = place;
	const middle = x + width / 2;
	const full = Math.min(1, coffee.tankMillilitres / tankMillilitres);
	const tank = { x: x + width - 58, y: y + 8, width: 44, height: height * 0.36 };
	const boiler = { x: x + 16, y: tank.y, width: width - 92, height: tank.height };
	const heat = Math.max(0, Math.min(1, (coffee.boilerCelsius - 20) / 76));
	const spout = y + height * 0.5;
	const base = y + height - 26;
	const cup = { width: Math.min(92, width * 0.42), height: Math.min(92, width * 0.42) };
	const cupTop = base - cup.height;
	const level = Math.min(1, coffee.cup.millilitres / cupMillilitres);
	const isFull = coffee.cup.millilitres > 0 && !coffee.pumps;
	return (
		<g class="group">
			<rect {...place} rx="12" fill="#1a211f" />
			<rect {...boiler} rx="10" fill="#2b3533" />
			<rect
				x={boiler.x}
				y={boiler.y + boiler.height * (1 - heat)}
				width={boiler.width}
				height={boiler.height * heat}
				rx="10"
				class={coffee.heats ? "boiler heats" : "boiler"}
			/>
			<text
				x={boiler.x + boiler.width / 2}
				y={boiler.y + boiler.height / 2 + 2}
				class="gauge"
				data-boiler={coffee.boilerCelsius}
			>
				{coffee.boilerCelsius.toFixed(1)} °C
			</text>
			<text x={boiler.x + boiler.width / 2} y={boiler.y + boiler.height / 2 + 18} class="gauge-label">
				{coffee.grinds ? "grinding" : coffee.pumps ? "pumping" : coffee.heats ? "heating" : "boiler"}
			</text>
			<rect {...tank} rx="8" fill="#2b3533" />
			<rect
				x={tank.x}
				y={tank.y + tank.height * (1 - full)}
				width={tank.width}
				height={tank.height * full}
				rx="8"
				fill="#6fb3d6"
				fill-opacity=".75"
			/>
			<text x={tank.x + tank.width / 2} y={tank.y + tank.height + 15} class="gauge-label">
				{(coffee.tankMillilitres / 1_000).toFixed(2)} l
			</text>
			<path d={`M${middle - 30} ${spout - 14}h60v10q0 6-8 6h-12l-4 10h-12l-4-10h-12q-8 0-8-6z`} fill="#c6cfcc" />
			{coffee.pumps && <path d={`M${middle} ${spout + 10}V${base - 8}`} class="stream" />}
			<rect x={x + 16} y={base} width={width - 32} height="10" rx="4" fill="#3a4543" />
			<g
				class="cup"
				data-cup={coffee.cup.millilitres}
				{...pressable(
					coffee.cup.millilitres > 0
						? `A cup with ${coffee.cup.millilitres} millilitres. Enter takes it.`
						: "An empty cup.",
					() => void send({ do: "collect" }),
				)}
			>
				<path
					d={`M${middle - cup.width / 2} ${cupTop}h${cup.width}l${-cup.width * 0.1} ${cup.height}h${-cup.width * 0.8}z`}
					class="cup-wall"
				/>
				<path
					d={`M${middle - cup.width * (0.42 + 0.07 * level)} ${base - 4 - (cup.height - 12) * level}h${cup.width * (0.84 + 0.14 * level)}L${middle + cup.width * 0.4} ${base - 4}h${-cup.width * 0.8}z`}
					class={coffee.cup.grams > 0 ? "drink-in-cup" : "drink-in-cup water"}
				/>
				<text x={middle + cup.width / 2 + 32} y={cupTop + cup.height / 2} class="gauge-label">
					{coffee.cup.millilitres > 0 ? `${coffee.cup.millilitres} ml` : ""}
				</text>
				<rect
					x={middle - cup.width / 2 - 5}
					y={cupTop - 5}
					width={cup.width + 10}
					height={cup.height + 8}
					rx="8"
					class={isFull ? "focus-ring ready" : "focus-ring"}
				/>
			</g>
		</g>
	);
}
