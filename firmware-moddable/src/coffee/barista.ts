import { CoffeeGroup, type CoffeeStepResult } from "@visionvend/drivers/coffee-group";
import type { TimerHandle } from "@visionvend/sdk/device/io/timer";
import type { BinLevel, ConfiguredCoffee, Recipe, RecipeStep } from "@visionvend/sdk/device/messages";
import { decodeBinRecord, encodeBinRecord } from "@visionvend/sdk/device/recipe/bin-record";
import { recipeObstacle, startRecipes, transitionRecipe } from "@visionvend/sdk/device/recipe/recipe-machine";
import type {
	RecipeEvent,
	RecipeSettings,
	RecipeState,
	RecipeSupplies,
	RecipeTransition,
} from "@visionvend/sdk/device/recipe/recipe-state";
import type { ControllerHost } from "../controller-host.ts";
import type { Deliverer, DeliveryDone } from "../vending/deliverer.ts";
import { readRecord, writeRecord } from "../vending/record-store.ts";

const KEY = "bins";
/** The driver's own bounds of the steps that take as long as they take. */
const LONGEST_MS: Readonly<Record<"heat" | "pump", number>> = Object.freeze({ heat: 300_000, pump: 120_000 });
const MARGIN_MS = 10_000;

/** Makes the recipes of a coffee machine, one step after the other, and counts down its bins. */
export class Barista implements Deliverer {
	readonly #host: ControllerHost;
	readonly #settings: RecipeSettings;
	readonly #group: CoffeeGroup;
	#state: RecipeState;
	#done: DeliveryDone | undefined;
	#beginning: TimerHandle | undefined;
	#isStopped = false;

	constructor(host: ControllerHost, { pins, bins, recipes }: ConfiguredCoffee) {
		const { Analog, Digital } = host.io;
		this.#host = host;
		this.#settings = { bins: bins.map(({ name, portions }) => ({ name, portions })), recipes };
		this.#state = startRecipes(readRecord(host.storage, KEY, decodeBinRecord), this.#settings);
		this.#group = new CoffeeGroup({
			grinder: { io: Digital, pin: pins.grinder },
			pump: { io: Digital, pin: pins.pump },
			flow: { io: Digital, pin: pins.flow },
			heater: { io: Digital, pin: pins.heater },
			...(pins.safety === undefined ? {} : { safety: { io: Digital, pin: pins.safety } }),
			...(pins.water === undefined ? {} : { water: { io: Digital, pin: pins.water } }),
			thermometer: { io: Analog, pin: pins.thermometer },
			bins: bins.map(({ name, pin }) => ({ name, sensor: { io: Digital, pin } })),
			timer: host.timer,
		});
	}

	get longestMs(): number {
		let longest = 0;
		for (const recipe of this.#settings.recipes) longest = Math.max(longest, longestOf(recipe));
		return longest + MARGIN_MS;
	}

	/** `over-temperature`, `heater`, `thermometer`, `water`. */
	get faults(): readonly string[] {
		const { faults, water } = this.#group.sample();
		const names: string[] = [];
		if (faults?.overTemperature === true) names.push("over-temperature");
		if (faults?.heaterStuck === true) names.push("heater");
		if (faults?.thermometer === true) names.push("thermometer");
		if (faults?.dryPump === true || water === false) names.push("water");
		return names;
	}

	/** What is left in each bin. */
	levels(): readonly BinLevel[] {
		const { low } = this.#supplies();
		return this.#state.bins.map(({ name, portions }) => ({ name, portions, low: low.includes(name) }));
	}

	/** A person has filled all bins and the tank. False when the store does not take it: then nothing is made. */
	refill(): boolean {
		this.#group.refilled();
		this.#send({ type: "refill" });
		return !this.#state.failed;
	}

	obstacle(recipes: readonly number[]): string {
		return recipeObstacle(this.#state, recipes, this.#supplies(), this.#settings);
	}

	deliver(recipe: number, done: DeliveryDone): void {
		if (this.#done !== undefined) throw new Error("Barista: something is being made. Wait for its end.");
		this.#done = done;
		// On a stack of its own, so that `done` never comes before this returns.
		this.#beginning = this.#host.timer.set(() => {
			this.#beginning = undefined;
			if (this.#isStopped) this.#end("failed", "stopped");
			else this.#send({ type: "make", recipe, supplies: this.#supplies() });
		}, 0);
		this.#isStopped = false;
	}

	stop(): void {
		this.#isStopped = true;
		this.#group.stop();
	}

	/** A second call does nothing. What is made is given up, and nobody is called. */
	close(): void {
		this.#done = undefined;
		if (this.#beginning !== undefined) this.#host.timer.clear(this.#beginning);
		this.#beginning = undefined;
		this.#group.close();
	}

	#end(outcome: "delivered" | "failed", reason: string): void {
		const done = this.#done;
		this.#done = undefined;
		done?.(outcome, reason);
	}

	#supplies(): RecipeSupplies {
		const { bins, faults, water = true } = this.#group.sample();
		// A pump that ran dry says more than a float that hangs.
		return { low: bins.filter(({ low }) => low).map(({ name }) => name), water: water && faults?.dryPump !== true };
	}

	#send(event: RecipeEvent): void {
		this.#follow(transitionRecipe(this.#state, event, this.#settings));
	}

	#follow(step: RecipeTransition): void {
		const { storage, log } = this.#host;
		this.#state = step.state;
		for (const effect of step.effects) {
			switch (effect.type) {
				case "persist": {
					const problem = writeRecord(storage, KEY, encodeBinRecord(effect.bins));
					if (problem !== undefined) {
						log("storage.failed", { message: problem });
						this.#send({ type: "storage-failed" });
						return;
					}
					break;
				}
				case "step":
					this.#begin(effect.step);
					break;
				case "made":
					this.#end(effect.outcome, effect.reason);
					break;
			}
		}
	}

	#begin({ step, amount }: RecipeStep): void {
		const { log } = this.#host;
		const ended = (result: CoffeeStepResult): void => {
			log("step.ended", { step, outcome: result.outcome, milliseconds: result.milliseconds });
			this.#send({ type: "step-ended", outcome: result.outcome });
		};
		log("step.begun", { step, amount });
		switch (step) {
			case "grind":
				this.#group.grind({ milliseconds: amount }, ended);
				break;
			case "heat":
				this.#group.heat(amount, ended);
				break;
			case "pump":
				this.#group.pump(amount, ended);
				break;
			case "pause":
				this.#group.pause(amount, ended);
				break;
		}
	}
}

function longestOf({ steps }: Recipe): number {
	let milliseconds = 0;
	for (const { step, amount } of steps) milliseconds += step === "heat" || step === "pump" ? LONGEST_MS[step] : amount;
	return milliseconds;
}
