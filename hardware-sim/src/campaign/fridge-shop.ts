import type { SeededRandom } from "../random.ts";
import type { MemoryStage } from "../scenario/memory-stage.ts";
import { demoCatalogue } from "../world/demo-catalogue.ts";
import type { Unit } from "../world/fridge.ts";
import { auditOpenings, auditSale, errorOfOddBasket, isDoubtfulReview } from "./audit.ts";
import type { Books } from "./audit-books.ts";
import { drawErrand, type Errand, isPlain } from "./errand.ts";
import { type Story, tellStory } from "./story.ts";
import type { SaleFacts, Shop, Told, Verdict, Visit } from "./visit.ts";
import { Witness } from "./witness.ts";

/** Products that weights can tell apart. */
const clear = demoCatalogue.filter(({ sku }) => !/juice|sandwich/.test(sku));
/** How long a shopper stands before a door that does not open. */
const patienceAtDoorMs = 25_000;
/** How long the lock waits for the door to be opened. */
const windowMs = 10_000;
/** Plain baskets that go to people for their weights alone: readings have tails. More a day are no chance any more. */
const mostDoubtfulReviews = 2;

type Pass = (milliseconds: number) => Promise<void>;

/** A day at a fridge. */
export class FridgeShop implements Shop {
	readonly oddBaskets = { charged: 0, overchargedCents: 0, underchargedCents: 0 };
	doubtfulReviews = 0;
	/** Sensors could be trusted in the sale before. */
	soundBefore = true;
	readonly witness: Witness;
	readonly #stage: MemoryStage;

	/** `attackerSpeaks`: what crosses the broker at this moment is not the cloud's. */
	constructor(stage: MemoryStage, attackerSpeaks: () => boolean) {
		this.#stage = stage;
		this.witness = new Witness(stage, attackerSpeaks);
	}

	get openings(): number {
		return this.witness.count;
	}

	visit(random: SeededRandom, pass: Pass): Visit {
		return new FridgeVisit(this, this.#stage, drawErrand(random, this.#stage.machine.fridge.shelves.length), pass);
	}
}

/** One shopper at the fridge. */
class FridgeVisit implements Visit {
	readonly customer: Errand;
	readonly slots = undefined;
	readonly #shop: FridgeShop;
	readonly #stage: MemoryStage;
	readonly #pass: Pass;
	readonly #goneBefore: ReadonlySet<Unit>;
	readonly #openingsBefore: number;
	readonly #forcedBefore: number;
	readonly #openedBefore: number;
	readonly #eventsBefore: number;
	#misplaced = false;

	constructor(shop: FridgeShop, stage: MemoryStage, errand: Errand, pass: Pass) {
		this.#shop = shop;
		this.#stage = stage;
		this.#pass = pass;
		this.customer = errand;
		shop.witness.nextSale();
		this.#goneBefore = new Set(stage.machine.fridge.taken());
		this.#openingsBefore = shop.witness.count;
		this.#forcedBefore = this.#count("door forced");
		this.#openedBefore = this.#doorsOpened();
		this.#eventsBefore = stage.events.length;
	}

	/** The door opens, hands go in and out, the door shuts. */
	async stay({ answered }: Told): Promise<void> {
		const { shopper, machine } = this.#stage;
		const errand = this.customer;
		if (errand.opens === "forces") {
			await this.#pass(errand.hesitatesMs);
			shopper.force();
			await this.#atTheShelves(errand);
			return;
		}
		if (answered !== undefined && answered >= 400 && answered < 500) return;
		const untilMs = this.#stage.atMs + patienceAtDoorMs;
		while (!machine.lock.released && this.#stage.atMs < untilMs) await this.#pass(200);
		if (!machine.lock.released || errand.opens === "never") return;
		await this.#pass(errand.hesitatesMs);
		// The bolt goes in and out within a window.
		for (let tries = 0; tries < 4; tries++) {
			if (shopper.open(errand.openingMs)) {
				await this.#atTheShelves(errand);
				if (errand.opens === "opens-twice") shopper.open(errand.openingMs);
				break;
			}
			await this.#pass(300);
		}
		if (errand.comesBackWithForce) await this.#comeBackWithForce();
	}

	get untilReportMs(): number {
		if (this.#shop.witness.count === this.#openingsBefore) return 1_000;
		return this.#doorsOpened() > this.#openedBefore ? 5_000 : 14_000;
	}

	tidy(): void {
		this.#stage.shopper.close();
	}

	judge(facts: SaleFacts, books: Books): Verdict {
		const { sale } = books;
		const story = this.#story(facts);
		this.#shop.soundBefore = story.sound;
		if (isDoubtfulReview(story, books)) this.#shop.doubtfulReviews++;
		const error = errorOfOddBasket(story, books);
		if (error !== undefined) {
			this.#shop.oddBaskets.charged++;
			this.#shop.oddBaskets.overchargedCents += Math.max(0, error);
			this.#shop.oddBaskets.underchargedCents += Math.max(0, -error);
		}
		const violations = [
			...auditOpenings(story, sale?.cause ?? null, this.#shop.witness, this.#stage),
			...auditSale(story, books, this.#forcedReviews()),
		];
		const { doubtfulReviews } = this.#shop;
		if (doubtfulReviews > mostDoubtfulReviews)
			violations.push({
				promise: 2,
				promised: "weights decide plain baskets",
				seen: `${doubtfulReviews} of today's went to people, the last one for ${sale?.cause}`,
			});
		return { violations, story: tellStory(story) };
	}

	#story(facts: SaleFacts): Story {
		const { fridge } = this.#stage.machine;
		const gone = fridge.taken().filter((unit) => !this.#goneBefore.has(unit));
		const openings = this.#shop.witness.openings.slice(this.#openingsBefore);
		const forcings = fridge.journal.filter(({ event }) => event === "door forced").slice(this.#forcedBefore);
		const forcedInWindow = forcings.filter(({ atNs }) =>
			openings.some(({ atMs }) => atNs / 1e6 >= atMs - 1_000 && atNs / 1e6 <= atMs + windowMs + 1_000),
		).length;
		return {
			...facts,
			errand: this.customer,
			openings,
			opened: this.#doorsOpened() > this.#openedBefore,
			forced: forcings.length - forcedInWindow,
			forcedInWindow,
			gone: countBySku(gone),
			goneCents: gone.reduce((sum, { priceCents }) => sum + priceCents, 0),
			soundBefore: this.#shop.soundBefore,
			misplaced: this.#misplaced,
			plain: isPlain(this.customer) && !this.#misplaced,
		};
	}

	/** Doors that the cloud has on its list of forced ones, found since the phone came out. */
	#forcedReviews(): number {
		return this.#stage.events
			.slice(this.#eventsBefore)
			.filter(
				({ room, event, cause, saleId }) =>
					room === "cloud" &&
					event === "sale.review" &&
					cause === "forced_door" &&
					String(saleId).startsWith("forced-"),
			).length;
	}

	async #atTheShelves({ deeds, openingMs, closingMs, lingersMs }: Errand): Promise<void> {
		const { shopper, machine } = this.#stage;
		const { fridge } = machine;
		await this.#pass(openingMs + 100);
		const hands: Unit[] = [];
		for (const { deed, afterMs } of deeds) {
			// Something may have pushed the door back.
			if (fridge.door.angleDegrees < 20) break;
			if (deed.do === "take") {
				const offered = deed.lookAlikes ? demoCatalogue : clear;
				const there = offered.filter(({ sku }) =>
					fridge.units.some((unit) => unit.sku === sku && fridge.placeOf(unit) !== undefined),
				);
				const product = there[Math.floor(deed.choice * there.length)];
				if (product) hands.push(this.#take(product.sku));
			} else if (deed.do === "stone") shopper.place({ name: "stone", milligrams: deed.milligrams }, deed.shelf);
			else {
				const unit = hands.pop();
				if (unit && deed.do === "put-back") shopper.putBack(unit);
				else if (unit && deed.do === "put-elsewhere") shopper.putBack(unit, deed.shelf);
			}
			await this.#pass(afterMs);
		}
		await this.#pass(lingersMs);
		shopper.close(closingMs);
		await this.#pass(closingMs + 500);
	}

	#take(sku: string): Unit {
		const { shopper, machine } = this.#stage;
		const places = new Map(machine.fridge.units.map((unit) => [unit, machine.fridge.placeOf(unit)?.number]));
		const unit = shopper.take(sku);
		this.#misplaced ||= places.get(unit) !== unit.homeShelf;
		return unit;
	}

	/** Somebody tears the shut door open, and takes something or nothing. */
	async #comeBackWithForce(): Promise<void> {
		await this.#pass(20_000);
		const { shopper, machine } = this.#stage;
		if (!machine.fridge.door.latched) return;
		shopper.force();
		await this.#pass(1_500);
		shopper.close();
		await this.#pass(1_500);
	}

	#count(event: "door forced" | "door opened"): number {
		return this.#stage.machine.fridge.journal.filter((action) => action.event === event).length;
	}

	#doorsOpened(): number {
		return this.#count("door opened") + this.#count("door forced");
	}
}

function countBySku(units: readonly Unit[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const { sku } of units) counts[sku] = (counts[sku] ?? 0) + 1;
	return counts;
}
