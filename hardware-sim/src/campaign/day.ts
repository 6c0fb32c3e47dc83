import { createHash } from "node:crypto";
import type { MachineKind } from "@visionvend/sdk/device/messages";
import { SeededRandom } from "../random.ts";
import { MemoryStage } from "../scenario/memory-stage.ts";
import type { Answer, Phone, SaleView } from "../scenario/phone.ts";
import type { StageEvent } from "../scenario/stage.ts";
import { coffeeCatalogue, demoCatalogue, vendingCatalogue } from "../world/demo-catalogue.ts";
import type { XsHost } from "../xs/build.ts";
import { CampaignAttacker } from "./attacker.ts";
import { type Books, endStates } from "./audit-books.ts";
import { endWithinMs } from "./audit-end.ts";
import { breaksOn, type CampaignFault } from "./campaign-faults.ts";
import { DeliveryShop } from "./delivery-shop.ts";
import { drawBegin, drawDuration, drawFault, drawFaultsOfDay } from "./draw-trouble.ts";
import { FridgeShop } from "./fridge-shop.ts";
import type { OddBaskets } from "./odd-baskets.ts";
import { between, pick } from "./pick.ts";
import { Trouble } from "./trouble.ts";
import type { FoundViolation, Violation } from "./violation.ts";
import type { Customer, SaleFacts, Shop, Told, Visit } from "./visit.ts";

export interface DayOptions {
	/** Of the campaign. */
	readonly seed: number;
	/** From 1. */
	readonly day: number;
	/** What stands there. */
	readonly machine: MachineKind;
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

/** What is held on a card: the demo's sum, and ones that many baskets exceed. */
const holds = [1_000, 500, 300] as const;

/** A shopper's app asks for this long. */
const askTries = 15;
const askEveryMs = 2_000;
const restMs = 20_000;

const productsOf = Object.freeze({ fridge: demoCatalogue, vending: vendingCatalogue, coffee: coffeeCatalogue });

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
	const { machine: kind } = options;
	let day: Day | undefined;
	const stage = await MemoryStage.open({
		seed: Math.floor(random.next() * 0xffff_ffff),
		kind,
		products: productsOf[kind],
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
	readonly #shop: Shop;
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
	#played = 0;

	constructor(options: DayOptions, stage: MemoryStage, random: SeededRandom) {
		const { machine: kind } = options;
		this.#options = options;
		this.#stage = stage;
		this.#random = random;
		const attacker = new CampaignAttacker(stage, kind, random.fork("attacker"));
		this.#attacker = attacker;
		const speaks = (): boolean => attacker.speaking;
		this.#shop = kind === "fridge" ? new FridgeShop(stage, speaks) : new DeliveryShop(stage, productsOf[kind], speaks);
		this.#troubles = pick(random, [0.7, 1.5, 2, 3]);
		this.#todays = drawFaultsOfDay(
			random,
			options.faults.filter((fault) => breaksOn(fault, kind)),
		);
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
			openings: this.#shop.openings,
			doubtfulReviews: this.#shop.doubtfulReviews,
			oddBaskets: this.#shop.oddBaskets,
			virtualMs: this.#stage.atMs,
			violation,
		};
		const hash = createHash("sha256").update(this.#stage.trace.sha256()).update(JSON.stringify(result)).digest("hex");
		return { ...result, hash };
	}

	async #sell(number: number): Promise<void> {
		const stage = this.#stage;
		const random = this.#random.fork(`sale ${number}`);
		const saleId = `sale-${number}`;
		const resetsBefore = stage.machine.resets.length;
		const visit = await this.#shop.visit(random.fork("errand"), (milliseconds) => this.#pass(milliseconds));
		const { customer } = visit;
		const phone = await this.#signIn(customer);
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
		const told = await this.#ask(phone, saleId, visit);
		await visit.stay(told);
		await this.#pass(visit.untilReportMs);
		// The heal phase: every fault has its end, whoever left the door open comes back, and then nothing happens.
		for (const trouble of troubles) trouble.giveUp();
		for (let due = this.#nextDue(); due !== undefined; due = this.#nextDue()) await this.#pass(due - stage.atMs);
		visit.tidy();
		await this.#pass(3_000);
		const healedAtMs = stage.atMs;
		const sale = await this.#untilEnd(customer, saleId, told.accepted);
		this.#plan(strikes - whileSelling - aimed, () => between(chance, 0, restMs - 2_000));
		await this.#pass(restMs);
		for (const { fault, begun } of troubles) if (begun) this.#faults[fault.name] = (this.#faults[fault.name] ?? 0) + 1;
		const sound = troubles.every(({ begun, fault }) => !begun || fault.soundSensors);
		const facts: SaleFacts = { number, saleId, troubles, askedAtMs, ...told, healedAtMs, sound };
		const books: Books = {
			sale,
			intents: stage.payments.paymentIntents().filter(({ metadata }) => metadata.sale_id === saleId),
			ledger: (await stage.ledger()).filter((row) => row.saleId === saleId),
			resets: stage.machine.resets.slice(resetsBefore),
		};
		const end = sale === undefined ? `never began: ${told.answered ?? "no answer"}` : sale.state;
		const how = sale?.state === "review" ? `${end}: ${sale.cause}` : end;
		this.#ends[how] = (this.#ends[how] ?? 0) + 1;
		const { violations, story } = visit.judge(facts, books);
		const [violation] = violations;
		if (violation) throw new Broken(violation, [...story, `the sale: ${JSON.stringify(sale)}`]);
	}

	/** A token, and at the first visit a card. Nothing is broken at this moment. */
	async #signIn({ shopper, card }: Customer): Promise<Phone> {
		const phone = await this.#stage.signIn(shopper);
		if (this.#known.has(shopper)) return phone;
		let { status, body } = await phone.savePayment(card);
		if (status === 503) {
			// The cloud leaves a provider that failed again and again alone for half a minute.
			await this.#pass(31_000);
			({ status, body } = await phone.savePayment(card));
		}
		if (status !== 200)
			throw new Error(`POST /save-payment answered ${status} in a calm hour: ${JSON.stringify(body)}`);
		this.#known.add(shopper);
		return phone;
	}

	/** Somebody else's phone. Rejects while the cloud is down. */
	async #otherPhone({ shopper }: Customer): Promise<Phone> {
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
			const begin = drawBegin(random, fault, atMs, this.#options.machine);
			const forMs = drawDuration(random, fault);
			troubles.push(new Trouble(fault, begin, forMs, random.fork(`trouble ${troubles.length}`)));
		}
		return troubles.filter(({ fault }) => !this.#options.without.has(fault.name));
	}

	/** Taps until there is an answer. */
	async #ask(phone: Phone, saleId: string, { customer, slots }: Visit): Promise<Told> {
		const stage = this.#stage;
		let answered: number | undefined;
		let accepted = false;
		for (let tries = 0; tries < askTries; tries++) {
			const taps: Promise<Answer | undefined>[] = [];
			for (let tap = 0; tap < customer.taps; tap++)
				taps.push(phone.unlock(saleId, stage.machineId, slots).catch(() => undefined));
			for (const answer of await Promise.all(taps)) {
				answered = answer?.status ?? answered;
				if (answer?.status === 200) accepted = true;
			}
			if (answered !== undefined && answered < 500) break;
			await this.#pass(askEveryMs);
		}
		if (accepted && customer.impatient) {
			const other = customer.taps > 1 ? phone : await this.#otherPhone(customer).catch(() => phone);
			const again = await other.unlock(`${saleId}-again`, stage.machineId, slots).catch(() => undefined);
			if (again?.status === 200)
				throw new Broken(
					{ promise: 3, promised: "a machine in use is sold to nobody else", seen: "a second sale was accepted" },
					[`${saleId} was accepted, and ${saleId}-again too`],
				);
		}
		return { answered, accepted };
	}

	async #untilEnd({ shopper }: Customer, saleId: string, accepted: boolean): Promise<SaleView | undefined> {
		const stage = this.#stage;
		const untilMs = stage.atMs + endWithinMs;
		let phone = await stage.signIn(shopper);
		let signedInMs = stage.atMs;
		for (;;) {
			const sale = await phone.sale(saleId);
			if (endStates.has(sale?.state ?? "") || stage.atMs >= untilMs || (sale === undefined && !accepted)) return sale;
			await this.#pass(1_000);
			if (stage.atMs - signedInMs > 300_000) {
				phone = await stage.signIn(shopper);
				signedInMs = stage.atMs;
			}
		}
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
