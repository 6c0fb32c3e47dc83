import { createHash } from "node:crypto";
import { SeededRandom } from "../random.ts";
import { MemoryStage } from "../scenario/memory-stage.ts";
import type { Answer, Phone, SaleView } from "../scenario/phone.ts";
import type { StageEvent } from "../scenario/stage.ts";
import { demoCatalogue } from "../world/demo-catalogue.ts";
import type { Unit } from "../world/fridge.ts";
import type { XsHost } from "../xs/build.ts";
import { CampaignAttacker } from "./attacker.ts";
import { auditOpenings, auditSale, type Books, errorOfOddBasket, isDoubtfulReview } from "./audit.ts";
import type { CampaignFault } from "./campaign-faults.ts";
import { drawBegin, drawDuration, drawFault, drawFaultsOfDay } from "./draw-trouble.ts";
import { drawErrand, type Errand, isPlain } from "./errand.ts";
import { between, pick } from "./pick.ts";
import { type Story, tellStory } from "./story.ts";
import { Trouble } from "./trouble.ts";
import type { FoundViolation, Violation } from "./violation.ts";
import { Witness } from "./witness.ts";

export interface DayOptions {
	/** Of the campaign. */
	readonly seed: number;
	/** From 1. */
	readonly day: number;
	/** Number of the day's first sale, counted through the campaign. */
	readonly firstSale: number;
	readonly sales: number;
	/** What may break. */
	readonly faults: readonly CampaignFault[];
	/** Of these, what does not: drawn as ever, so that everything else stays as it was, and left out. */
	readonly without: ReadonlySet<string>;
	/** Messages of an attacker, a sale. Need not be whole: one in three of the sales has one, at a third. */
	readonly attacksASale: number;
	/** The firmware on XS, or `undefined`: in Node. */
	readonly xsHost: XsHost | undefined;
}

/** Baskets with stones and misplaced goods: weights alone cannot tell, and what they say is charged. */
export interface OddBaskets {
	readonly charged: number;
	readonly overchargedCents: number;
	readonly underchargedCents: number;
}

/** What came of a day. Nothing in it depends on the wall clock. */
export interface DayResult {
	readonly day: number;
	readonly sales: number;
	/** How the sales ended: `captured` 14, `review: forced_door` 1. */
	readonly ends: Readonly<Record<string, number>>;
	/** How often each fault began. */
	readonly faults: Readonly<Record<string, number>>;
	/** Messages of the attacker, by kind. */
	readonly attacks: Readonly<Record<string, number>>;
	readonly openings: number;
	readonly doubtfulReviews: number;
	readonly oddBaskets: OddBaskets;
	readonly virtualMs: number;
	/** SHA-256 over everything that happened. */
	readonly hash: string;
	readonly violation: FoundViolation | undefined;
}

/** Products that weights can tell apart. */
const clear = demoCatalogue.filter(({ sku }) => !/juice|sandwich/.test(sku));

/** What is held on a card: the demo's sum, and ones that many baskets exceed. */
const holds = [1_000, 500, 300] as const;

/** A shopper's app asks for this long. */
const askTries = 15;
const askEveryMs = 2_000;
/** How long a shopper stands before a door that does not open. */
const patienceAtDoorMs = 25_000;
const endWithinMs = 600_000;
const restMs = 20_000;
/** How long the lock waits for the door to be opened. */
const windowMs = 10_000;
/** Plain baskets that go to people for their weights alone: readings have tails. More a day are no chance any more. */
const mostDoubtfulReviews = 2;
const ends: ReadonlySet<string> = new Set(["captured", "cancelled", "review"]);

class Broken extends Error {
	readonly violation: Violation;
	readonly story: readonly string[];

	constructor(violation: Violation, story: readonly string[]) {
		super(violation.promised);
		this.violation = violation;
		this.story = story;
	}
}

/** Plays one day on a stage of its own and checks the promises after each sale. Stops at the first broken one. */
export async function playDay(options: DayOptions): Promise<DayResult> {
	const random = new SeededRandom(options.seed).fork(`day ${options.day}`);
	let day: Day | undefined;
	const stage = await MemoryStage.open({
		seed: Math.floor(random.next() * 0xffff_ffff),
		products: demoCatalogue,
		holdCents: pick(random, holds),
		xsHost: options.xsHost,
		onEvent: (entry) => day?.hear(entry),
	});
	try {
		day = new Day(options, stage, random);
		return await day.play();
	} finally {
		await stage.close();
	}
}

class Day {
	readonly #options: DayOptions;
	readonly #stage: MemoryStage;
	readonly #random: SeededRandom;
	readonly #witness: Witness;
	readonly #ends: Record<string, number> = {};
	readonly #faults: Record<string, number> = {};
	/** Shoppers who have saved their card. */
	readonly #known = new Set<string>();
	/** How likely a sale has trouble today, and how much of it: some days are calm, some are terrible. */
	readonly #troubles: number;
	/** What can break today. A few faults at a time find what all of them together hide. */
	readonly #todays: readonly CampaignFault[];
	readonly #attacker: CampaignAttacker;
	#pending: Trouble[] = [];
	/** When the attacker strikes next, milliseconds since the day began, soonest first. */
	#strikes: number[] = [];
	readonly #oddBaskets = { charged: 0, overchargedCents: 0, underchargedCents: 0 };
	#doubtfulReviews = 0;
	#soundBefore = true;
	#misplaced = false;
	#played = 0;

	constructor(options: DayOptions, stage: MemoryStage, random: SeededRandom) {
		this.#options = options;
		this.#stage = stage;
		this.#random = random;
		const attacker = new CampaignAttacker(stage, random.fork("attacker"));
		this.#attacker = attacker;
		this.#witness = new Witness(stage, () => attacker.speaking);
		this.#troubles = pick(random, [0.7, 1.5, 2, 3]);
		this.#todays = drawFaultsOfDay(random, options.faults);
	}

	/** A room has told of something: faults and attacks wait for moments. */
	hear(entry: StageEvent): void {
		for (const trouble of this.#pending) trouble.hear(entry, this.#stage);
		this.#attacker.hear(entry);
	}

	async play(): Promise<DayResult> {
		const { day, firstSale, sales } = this.#options;
		let violation: FoundViolation | undefined;
		try {
			for (let index = 0; index < sales; index++) {
				await this.#sell(firstSale + index);
				this.#played++;
			}
		} catch (error) {
			if (!(error instanceof Broken)) throw error;
			this.#played++;
			const { promise, promised, seen } = error.violation;
			const sale = firstSale + this.#played - 1;
			violation = { promise, promised, seen, day, sale, atMs: this.#stage.atMs, story: error.story };
		}
		const result = {
			day,
			sales: this.#played,
			ends: this.#ends,
			faults: this.#faults,
			attacks: this.#attacker.counts,
			openings: this.#witness.count,
			doubtfulReviews: this.#doubtfulReviews,
			oddBaskets: this.#oddBaskets,
			virtualMs: this.#stage.atMs,
			violation,
		};
		const hash = createHash("sha256").update(this.#stage.trace.sha256()).update(JSON.stringify(result)).digest("hex");
		return { ...result, hash };
	}

	async #sell(number: number): Promise<void> {
		const stage = this.#stage;
		const { fridge } = stage.machine;
		const random = this.#random.fork(`sale ${number}`);
		const errand = drawErrand(random.fork("errand"), fridge.shelves.length);
		const saleId = `sale-${number}`;
		const openingsBefore = this.#witness.count;
		this.#witness.nextSale();
		this.#misplaced = false;
		const eventsBefore = stage.events.length;
		const resetsBefore = stage.machine.resets.length;
		const goneBefore = new Set(fridge.taken());
		const forcedBefore = this.#count("door forced");
		const openedBefore = this.#doorsOpened();
		const phone = await this.#signIn(errand);
		const troubles = this.#drawTroubles(random.fork("troubles"));
		this.#pending = [...troubles];
		// What breaks may be broken before the phone asks.
		stage.tell("phone", "comes out", { saleId });
		await this.#pass(random.next() * 4_000);
		const chance = random.fork("attacks");
		const { attacksASale } = this.#options;
		const strikes = Math.floor(attacksASale * number + 1e-9) - Math.floor(attacksASale * (number - 1) + 1e-9);
		const whileSelling = Math.ceil(strikes / 4);
		const aimed = Math.ceil((strikes - whileSelling) / 2);
		this.#attacker.aim(aimed);
		this.#plan(whileSelling, () => (chance.next() < 0.4 ? between(chance, 20, 400) : between(chance, 0, 12_000)));
		const askedAtMs = stage.atMs;
		const told = await this.#visit(phone, saleId, errand);
		// Until the report is under way: faults wait for that, too.
		const hasOpened = this.#witness.count > openingsBefore;
		await this.#pass(hasOpened ? (this.#doorsOpened() > openedBefore ? 5_000 : 14_000) : 1_000);
		// The heal phase: every fault has its end, whoever left the door open comes back, and then nothing happens.
		for (const trouble of troubles) trouble.giveUp();
		for (let due = this.#nextDue(); due !== undefined; due = this.#nextDue()) await this.#pass(due - stage.atMs);
		stage.shopper.close();
		await this.#pass(3_000);
		const healedAtMs = stage.atMs;
		const sale = await this.#untilEnd(errand, saleId, told.accepted);
		this.#plan(strikes - whileSelling - aimed, () => between(chance, 0, restMs - 2_000));
		await this.#pass(restMs);
		for (const { fault, begun } of troubles) if (begun) this.#faults[fault.name] = (this.#faults[fault.name] ?? 0) + 1;

		const gone = fridge.taken().filter((unit) => !goneBefore.has(unit));
		const openings = this.#witness.openings.slice(openingsBefore);
		const forcings = fridge.journal.filter(({ event }) => event === "door forced").slice(forcedBefore);
		const forcedInWindow = forcings.filter(({ atNs }) =>
			openings.some(({ atMs }) => atNs / 1e6 >= atMs - 1_000 && atNs / 1e6 <= atMs + windowMs + 1_000),
		).length;
		const story: Story = {
			number,
			saleId,
			errand,
			troubles,
			askedAtMs,
			...told,
			openings,
			opened: this.#doorsOpened() > openedBefore,
			forced: forcings.length - forcedInWindow,
			forcedInWindow,
			gone: countBySku(gone),
			goneCents: gone.reduce((sum, { priceCents }) => sum + priceCents, 0),
			healedAtMs,
			sound: troubles.every(({ begun, fault }) => !begun || fault.soundSensors),
			soundBefore: this.#soundBefore,
			misplaced: this.#misplaced,
			plain: isPlain(errand) && !this.#misplaced,
		};
		this.#soundBefore = story.sound;
		await this.#audit(story, sale, { eventsBefore, resetsBefore });
	}

	async #audit(
		story: Story,
		sale: SaleView | undefined,
		{ eventsBefore, resetsBefore }: { readonly eventsBefore: number; readonly resetsBefore: number },
	): Promise<void> {
		const stage = this.#stage;
		const { saleId } = story;
		const forcedReviews = stage.events
			.slice(eventsBefore)
			.filter(
				({ room, event, cause, saleId: id }) =>
					room === "cloud" && event === "sale.review" && cause === "forced_door" && String(id).startsWith("forced-"),
			).length;
		const books: Books = {
			sale,
			intents: stage.payments.paymentIntents().filter(({ metadata }) => metadata.sale_id === saleId),
			ledger: (await stage.ledger()).filter((row) => row.saleId === saleId),
			resets: stage.machine.resets.slice(resetsBefore),
			forcedReviews,
		};
		const end = sale === undefined ? `never began: ${story.answered ?? "no answer"}` : sale.state;
		const told = sale?.state === "review" ? `${end}: ${sale.cause}` : end;
		this.#ends[told] = (this.#ends[told] ?? 0) + 1;
		if (isDoubtfulReview(story, books)) this.#doubtfulReviews++;
		const error = errorOfOddBasket(story, books);
		if (error !== undefined) {
			this.#oddBaskets.charged++;
			this.#oddBaskets.overchargedCents += Math.max(0, error);
			this.#oddBaskets.underchargedCents += Math.max(0, -error);
		}
		const [violation] = [
			...auditOpenings(story, sale?.cause ?? null, this.#witness, stage),
			...auditSale(story, books),
			...(this.#doubtfulReviews > mostDoubtfulReviews
				? [
						{
							promise: 2 as const,
							promised: "weights decide plain baskets",
							seen: `${this.#doubtfulReviews} of today's went to people: ${told}`,
						},
					]
				: []),
		];
		if (violation) throw new Broken(violation, [...tellStory(story), `the sale: ${JSON.stringify(sale)}`]);
	}

	/** A token, and at the first visit a card. Nothing is broken at this moment. */
	async #signIn({ shopper, card }: Errand): Promise<Phone> {
		const phone = await this.#stage.signIn(shopper);
		if (this.#known.has(shopper)) return phone;
		const { status, body } = await phone.savePayment(card);
		if (status !== 200)
			throw new Error(`POST /save-payment answered ${status} in a calm hour: ${JSON.stringify(body)}`);
		this.#known.add(shopper);
		return phone;
	}

	/** Somebody else's phone. Rejects while the cloud is down. */
	async #otherPhone({ shopper }: Errand): Promise<Phone> {
		const name = `${shopper}-friend`;
		const phone = await this.#stage.signIn(name);
		if (this.#known.has(name)) return phone;
		const { status } = await phone.savePayment("pm_card_visa");
		if (status === 200) this.#known.add(name);
		return phone;
	}

	#drawTroubles(random: SeededRandom): Trouble[] {
		if (this.#todays.length === 0) return [];
		const { atMs } = this.#stage;
		const troubles: Trouble[] = [];
		for (let left = this.#troubles; left > 0; left--) {
			if (random.next() >= left) continue;
			const fault = drawFault(random, this.#todays);
			const begin = drawBegin(random, fault, atMs);
			const forMs = drawDuration(random, fault);
			troubles.push(new Trouble(fault, begin, forMs, random.fork(`trouble ${troubles.length}`)));
		}
		return troubles.filter(({ fault }) => !this.#options.without.has(fault.name));
	}

	/** The phone asks, the door opens, hands go in and out, the door shuts. */
	async #visit(
		phone: Phone,
		saleId: string,
		errand: Errand,
	): Promise<{ answered: number | undefined; accepted: boolean }> {
		const stage = this.#stage;
		const { lock } = stage.machine;
		const told = await this.#ask(phone, saleId, errand);
		if (errand.opens === "forces") {
			await this.#pass(errand.hesitatesMs);
			stage.shopper.force();
			await this.#atTheShelves(errand);
			return told;
		}
		if (told.answered !== undefined && told.answered >= 400 && told.answered < 500) return told;
		const untilMs = stage.atMs + patienceAtDoorMs;
		while (!lock.released && stage.atMs < untilMs) await this.#pass(200);
		if (!lock.released || errand.opens === "never") return told;
		await this.#pass(errand.hesitatesMs);
		// The bolt goes in and out within a window.
		for (let tries = 0; tries < 4; tries++) {
			if (stage.shopper.open(errand.openingMs)) {
				await this.#atTheShelves(errand);
				if (errand.opens === "opens-twice") stage.shopper.open(errand.openingMs);
				break;
			}
			await this.#pass(300);
		}
		if (errand.comesBackWithForce) await this.#comeBackWithForce();
		return told;
	}

	async #ask(
		phone: Phone,
		saleId: string,
		errand: Errand,
	): Promise<{ answered: number | undefined; accepted: boolean }> {
		const stage = this.#stage;
		let answered: number | undefined;
		let accepted = false;
		for (let tries = 0; tries < askTries; tries++) {
			const taps: Promise<Answer | undefined>[] = [];
			for (let tap = 0; tap < errand.taps; tap++)
				taps.push(phone.unlock(saleId, stage.machineId).catch(() => undefined));
			for (const answer of await Promise.all(taps)) {
				answered = answer?.status ?? answered;
				if (answer?.status === 200) accepted = true;
			}
			if (answered !== undefined && answered < 500) break;
			await this.#pass(askEveryMs);
		}
		if (accepted && errand.impatient) {
			const other = errand.taps > 1 ? phone : await this.#otherPhone(errand).catch(() => phone);
			const again = await other.unlock(`${saleId}-again`, stage.machineId).catch(() => undefined);
			if (again?.status === 200)
				throw new Broken(
					{ promise: 3, promised: "a machine in use is sold to nobody else", seen: "a second sale was accepted" },
					[`${saleId} was accepted, and ${saleId}-again too`],
				);
		}
		return { answered, accepted };
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

	async #untilEnd(errand: Errand, saleId: string, accepted: boolean): Promise<SaleView | undefined> {
		const stage = this.#stage;
		const untilMs = stage.atMs + endWithinMs;
		let phone = await stage.signIn(errand.shopper);
		let signedInMs = stage.atMs;
		for (;;) {
			const sale = await phone.sale(saleId);
			if (ends.has(sale?.state ?? "") || stage.atMs >= untilMs || (sale === undefined && !accepted)) return sale;
			await this.#pass(1_000);
			if (stage.atMs - signedInMs > 300_000) {
				phone = await stage.signIn(errand.shopper);
				signedInMs = stage.atMs;
			}
		}
	}

	#count(event: "door forced" | "door opened"): number {
		return this.#stage.machine.fridge.journal.filter((action) => action.event === event).length;
	}

	#doorsOpened(): number {
		return this.#count("door opened") + this.#count("door forced");
	}

	#plan(strikes: number, afterMs: () => number): void {
		for (let strike = 0; strike < strikes; strike++) this.#strikes.push(Math.round(this.#stage.atMs + afterMs()));
		this.#strikes.sort((one, other) => one - other);
	}

	/** When a fault begins or ends next. */
	#nextDue(): number | undefined {
		const due = Math.min(...this.#pending.map(({ dueMs }) => dueMs ?? Number.POSITIVE_INFINITY));
		return Number.isFinite(due) ? due : undefined;
	}

	/** Lets the time pass; faults begin and end on the way. */
	async #pass(milliseconds: number): Promise<void> {
		const endMs = this.#stage.atMs + Math.max(0, Math.round(milliseconds));
		for (;;) {
			for (const trouble of this.#pending) await trouble.act(this.#stage);
			while ((this.#strikes[0] ?? Number.POSITIVE_INFINITY) <= this.#stage.atMs) {
				this.#strikes.shift();
				await this.#attacker.strike();
			}
			const nextMs = Math.min(endMs, this.#nextDue() ?? endMs, this.#strikes[0] ?? endMs);
			// A cue may come at any moment, and with it the end of what it begins.
			const stepMs = this.#pending.every(({ over }) => over) ? nextMs - this.#stage.atMs : 500;
			const waitMs = Math.min(nextMs - this.#stage.atMs, stepMs);
			if (waitMs > 0) await this.#stage.pass(waitMs);
			else if (nextMs >= endMs) return;
		}
	}
}

function countBySku(units: readonly Unit[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const { sku } of units) counts[sku] = (counts[sku] ?? 0) + 1;
	return counts;
}
