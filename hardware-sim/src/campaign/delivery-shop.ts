import type { Product } from "@visionvend/sdk/catalog/product";
import { decodeBinRecord } from "@visionvend/sdk/device/recipe/bin-record";
import { decodeUtf8 } from "@visionvend/sdk/device/text/utf8";
import type { SeededRandom } from "../random.ts";
import type { MemoryStage } from "../scenario/memory-stage.ts";
import type { Books } from "./audit-books.ts";
import { auditDelivery } from "./audit-delivery.ts";
import { drawCard, drawShopper } from "./customer.ts";
import { type Delivered, deliveredOf } from "./delivered.ts";
import { DeliveryWitness, pauseMs } from "./delivery-witness.ts";
import { noOddBaskets } from "./odd-baskets.ts";
import { pickWeighted } from "./pick.ts";
import { disturbedBy, seconds, tellFacts, tellTroubles } from "./story.ts";
import type { Customer, SaleFacts, Shop, Told, Verdict, Visit } from "./visit.ts";

/** How long somebody stands before a machine in which nothing moves. */
const patienceMs = 30_000;
/** Two slots with two turns each, and three recipes from cold water, take less. */
const longestMs = 900_000;
/** Who serves the machine fills what is emptier than this. */
const lowTankMillilitres = 700;
const lowBeansGrams = 150;
const fewUnits = 2;
const fullSlot = 6;

type Pass = (milliseconds: number) => Promise<void>;

/** Portions in the bins of a coffee machine, as its controller has written them down. */
export type Portions = Readonly<Record<string, number>>;

/** A day at a machine that delivers: one with slots, or one that makes coffee. */
export class DeliveryShop implements Shop {
	readonly doubtfulReviews = 0;
	readonly oddBaskets = noOddBaskets;
	readonly witness: DeliveryWitness;
	/** A pump that brought no water waits for somebody who says that there is some. */
	mustBeServed = false;
	readonly #stage: MemoryStage;
	readonly #products: readonly Product[];

	/** `attackerSpeaks`: what crosses the broker at this moment is not the cloud's. */
	constructor(stage: MemoryStage, products: readonly Product[], attackerSpeaks: () => boolean) {
		this.#stage = stage;
		this.#products = products;
		this.witness = new DeliveryWitness(stage, attackerSpeaks);
	}

	get openings(): number {
		return this.witness.movements.length;
	}

	async visit(random: SeededRandom, pass: Pass): Promise<Visit> {
		const { rack } = this.#stage.machine;
		const customer = drawShopper(random, drawCard(random));
		const count = pickWeighted(
			random,
			rack
				? ([
						[1, 60],
						[2, 28],
						[3, 12],
					] as const)
				: ([
						[1, 90],
						[2, 10],
					] as const),
		);
		const slots = Array.from({ length: count }, () => Math.floor(random.next() * this.#products.length));
		const soldOut = random.next() < 0.15;
		if (random.next() < 0.8 || this.mustBeServed) await this.#serve(pass);
		if (soldOut) rack?.motor(slots[0] ?? 0).fill(0);
		return new DeliveryVisit(this, this.#stage, this.#products, customer, slots, pass);
	}

	/** Somebody fills what is nearly empty. That the pump has run dry they have to tell the machine. */
	async #serve(pass: Pass): Promise<void> {
		const { rack, coffee } = this.#stage.machine;
		for (const motor of rack?.motors ?? []) if (motor.products <= fewUnits) motor.fill(fullSlot);
		if (coffee === undefined) return;
		const { group } = coffee;
		if (!this.mustBeServed && group.tankMillilitres > lowTankMillilitres && group.beansGrams > lowBeansGrams) return;
		this.mustBeServed = false;
		group.fillTank();
		group.fillBeans();
		const { cloud, machineId } = this.#stage;
		await cloud.commands.send(machineId, { action: "refill" });
		await pass(20_000);
	}
}

/** One customer at the machine. */
class DeliveryVisit implements Visit {
	readonly customer: Customer;
	readonly slots: readonly number[];
	readonly #shop: DeliveryShop;
	readonly #stage: MemoryStage;
	readonly #products: readonly Product[];
	readonly #pass: Pass;
	readonly #movementsBefore: number;
	readonly #droppedBefore: number;
	readonly #portionsBefore: Portions | undefined;
	readonly #isStocked: boolean;

	constructor(
		shop: DeliveryShop,
		stage: MemoryStage,
		products: readonly Product[],
		customer: Customer,
		slots: readonly number[],
		pass: Pass,
	) {
		this.#shop = shop;
		this.#stage = stage;
		this.#products = products;
		this.customer = customer;
		this.slots = slots;
		this.#pass = pass;
		const { rack, coffee } = stage.machine;
		this.#movementsBefore = shop.witness.movements.length;
		this.#droppedBefore = rack?.dropped.length ?? 0;
		this.#portionsBefore = portionsOf(stage);
		coffee?.takeCup();
		this.#isStocked = rack
			? slots.every((slot) => rack.motor(slot).products >= slots.filter((other) => other === slot).length)
			: coffee !== undefined && coffee.group.tankMillilitres > lowTankMillilitres;
	}

	/** Stands there until nothing moves any more. */
	async stay({ answered }: Told): Promise<void> {
		if (answered !== undefined && answered >= 400 && answered < 500) return;
		const { witness } = this.#shop;
		const begun = () => witness.movements.length > this.#movementsBefore;
		const untilMs = this.#stage.atMs + patienceMs;
		while (!begun() && this.#stage.atMs < untilMs) await this.#pass(500);
		const giveUpMs = this.#stage.atMs + longestMs;
		while (begun() && witness.restMs < pauseMs && this.#stage.atMs < giveUpMs) await this.#pass(1_000);
	}

	readonly untilReportMs = 3_000;

	tidy(): void {
		// Nothing is open.
	}

	judge(facts: SaleFacts, books: Books): Verdict {
		const { witness } = this.#shop;
		this.#shop.mustBeServed ||= disturbedBy(facts, "pump-blocked", "flow-meter-dead");
		const movements = witness.movements.slice(this.#movementsBefore);
		const delivered = this.#delivered();
		const portions = portionsOf(this.#stage);
		const used = portions && this.#portionsBefore && difference(this.#portionsBefore, portions);
		const violations = auditDelivery(
			{
				...facts,
				customer: this.customer,
				slots: this.slots,
				isStocked: this.#isStocked,
				movements,
				doorOpenings: witness.doorOpenings,
				delivered,
				used,
			},
			books,
			this.#stage,
		);
		const story = [
			tellFacts(facts, this.customer.card),
			`ordered: ${this.slots.join(", ")}; delivered: ${delivered.skus.join(", ") || "nothing"}${delivered.isPartial ? ", and a part of something" : ""}`,
			...tellTroubles(facts),
			...movements.map(
				({ atMs, untilMs }) =>
					`something moved from ${seconds(atMs)} to ${untilMs === undefined ? "now" : seconds(untilMs)}`,
			),
		];
		return { violations, story };
	}

	#delivered(): Delivered {
		const { rack, coffee } = this.#stage.machine;
		const priceOf = (sku: string) => this.#products.find((product) => product.sku === sku)?.priceCents ?? 0;
		if (rack) {
			const skus = rack.dropped.slice(this.#droppedBefore).map(({ sku }) => sku);
			return { skus, cents: skus.reduce((sum, sku) => sum + priceOf(sku), 0), isPartial: false };
		}
		if (coffee === undefined) throw new Error("This machine delivers nothing.");
		return deliveredOf(coffee.takeCup(), this.slots, coffee.recipes, this.#products);
	}
}

function portionsOf({ machine }: MemoryStage): Portions | undefined {
	const stored = machine.coffee && machine.storage.read("bins");
	if (stored === undefined) return undefined;
	const bins = decodeBinRecord(decodeUtf8(new Uint8Array(stored)));
	return bins && Object.fromEntries(bins.map(({ name, portions }) => [name, portions]));
}

function difference(before: Portions, after: Portions): Portions {
	return Object.fromEntries(Object.entries(before).map(([name, portions]) => [name, portions - (after[name] ?? 0)]));
}
