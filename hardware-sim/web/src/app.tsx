import { useEffect, useState } from "preact/hooks";
import { Basket, Ghost } from "./basket.tsx";
import { Cameras } from "./cameras.tsx";
import type { Choice } from "./choice.ts";
import { Coffee } from "./coffee.tsx";
import { Faults } from "./faults.tsx";
import { Fridge } from "./fridge.tsx";
import { Logs } from "./logs.tsx";
import { Phone } from "./phone.tsx";
import { Shades } from "./product-art.tsx";
import { Sale } from "./sale.tsx";
import { onRefused } from "./send.ts";
import { onShown, type Shown } from "./store.ts";
import { TopBar } from "./top-bar.tsx";
import { Vending } from "./vending.tsx";

/** The whole page. */
export function App() {
	const [{ state, lines, connected }, setShown] = useState<Shown>({ state: undefined, lines: [], connected: false });
	const [choice, setChoice] = useState<Choice>([]);
	useEffect(() => onShown(setShown), []);
	const kind = state?.machine.kind;
	// Another machine has another menu.
	useEffect(() => setChoice([]), [kind]);
	if (state === undefined) return <p class="waiting">Setting up the fridge…</p>;
	return (
		<>
			<Shades />
			<TopBar state={state} connected={connected} />
			{state.stopped !== null && (
				<p class="stopped" role="alert">
					The simulation has stopped: {state.stopped} A new seed begins anew.
				</p>
			)}
			<main>
				<div class="left">
					<Phone state={state} choice={choice} onChoice={setChoice} />
					<Faults state={state} />
				</div>
				<div class="middle">
					{kind === "vending" && <Vending state={state} choice={choice} onChoice={setChoice} />}
					{kind === "coffee" && <Coffee state={state} choice={choice} onChoice={setChoice} />}
					{kind === "fridge" && <Fridge state={state} />}
					<Basket state={state} />
				</div>
				<div class="right">
					<Sale state={state} />
					<Cameras state={state} />
					<Logs lines={lines} />
				</div>
			</main>
			<Ghost />
			<Toast />
		</>
	);
}

const shownMs = 4_000;

/** Why something could not be done, for a moment. */
function Toast() {
	const [problem, setProblem] = useState<string | undefined>();
	useEffect(() => {
		let timer = 0;
		const end = onRefused((why) => {
			setProblem(why);
			clearTimeout(timer);
			timer = setTimeout(() => setProblem(undefined), shownMs);
		});
		return () => {
			end();
			clearTimeout(timer);
		};
	}, []);
	return (
		<p class={problem === undefined ? "toast" : "toast shown"} role="status">
			{problem}
		</p>
	);
}
