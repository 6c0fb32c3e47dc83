import type { Product } from "@visionvend/sdk/catalog/product";
import { dispenseBodySchema, unlockBodySchema } from "@visionvend/sdk/protocol/messages";
import { type PlanogramBody, type PlanogramStatusBody, planogramBodySchema } from "@visionvend/sdk/protocol/planogram";
import { errorText } from "../error-text.ts";
import { readClaims } from "../sale/read-claims.ts";
import { sealForCloud } from "../seal-for-cloud.ts";
import type { ServiceContext } from "../service-context.ts";
import type { StoredReport } from "../store/store.ts";

/** What stands where, and what it costs. */
export interface Planogram {
	/** 0: as the configuration file says. */
	readonly version: number;
	readonly products: readonly Product[];
}

/** A session that began so long ago is over when the controller says that it is locked, although no report came. */
const unheardSessionMs = 60_000;

/**
 * What the machine sells by. A new planogram comes from the cloud in parts and waits, in memory alone, until no session is
 * under way: what a shopper began under one planogram is decided by that one. Then it goes to the disk, and only then the
 * cloud hears that it is used; the cloud sends it again until it does.
 */
export class PlanogramKeeper {
	readonly #context: ServiceContext;
	readonly #onApplied: () => void;
	/** When each began, by sale; a forced opening has none. */
	readonly #sessions = new Map<string, number>();
	#current: Planogram;
	#arriving: { readonly version: number; readonly parts: Map<number, PlanogramBody> } | undefined;
	#next: Planogram | undefined;
	#sequence = 0;

	/** `undecided`: reports of an earlier life. `onApplied`: the machine sells by another planogram from now on. */
	constructor(
		context: ServiceContext,
		options: {
			readonly current: Planogram;
			readonly undecided: readonly StoredReport[];
			onApplied(): void;
		},
	) {
		this.#context = context;
		this.#current = options.current;
		this.#onApplied = options.onApplied;
		for (const { saleId } of options.undecided) this.sessionBegan(saleId);
	}

	get products(): readonly Product[] {
		return this.#current.products;
	}

	/** A command of the cloud goes to the controller. Its seal is the controller's to check: what is no unlock costs a wait. */
	commandRelayed(topic: string, envelope: string): void {
		const { topics } = this.#context;
		if (topic !== topics.unlock && topic !== topics.dispense) return;
		const claims = readClaims(envelope, topic);
		if (typeof claims === "string") return;
		const body = (topic === topics.unlock ? unlockBodySchema : dispenseBodySchema).safeParse(claims.body);
		if (body.success) this.sessionBegan(body.data.saleId);
	}

	sessionBegan(saleId: string): void {
		if (!this.#sessions.has(saleId)) this.#sessions.set(saleId, this.#context.clock.now());
	}

	/** Its report is decided, or there will be none. */
	sessionEnded(saleId: string): void {
		if (this.#sessions.delete(saleId)) this.#applyWhenIdle();
	}

	/** The controller says that it is locked. */
	controllerLocked(): void {
		const nowMs = this.#context.clock.now();
		for (const [saleId, beganAtMs] of [...this.#sessions]) {
			if (nowMs - beganAtMs > unheardSessionMs) this.sessionEnded(saleId);
		}
	}

	/** A message of the cloud. Only the cloud can seal one, and an old one has a version that is no news. */
	receive(topic: string, token: string): void {
		const { keys, tell } = this.#context;
		const opened = keys.open(topic, token);
		const body = opened.ok ? planogramBodySchema.safeParse(opened.claims.body) : undefined;
		if (!body?.success) {
			tell("warn", "message.rejected", { topic, reason: opened.ok ? "bad-body" : opened.refusal });
			return;
		}
		const { version, part, parts } = body.data;
		if (version <= Math.max(this.#current.version, this.#next?.version ?? 0)) {
			// It may have missed that we have it.
			if (version === this.#current.version) this.say();
			return;
		}
		if (this.#arriving === undefined || version > this.#arriving.version) {
			this.#arriving = { version, parts: new Map() };
		}
		if (version < this.#arriving.version || part >= parts) return;
		this.#arriving.parts.set(part, body.data);
		if (this.#arriving.parts.size < parts) return;
		const products = [...this.#arriving.parts.values()]
			.sort((one, other) => one.part - other.part)
			.flatMap((each) => each.products);
		this.#arriving = undefined;
		this.#next = { version, products };
		this.#applyWhenIdle();
	}

	/** Tells the cloud which planogram is used. */
	say(): void {
		const { broker, tracker, tell, topics } = this.#context;
		if (!broker.connected) return;
		const failed = (error: unknown) => tell("warn", "planogram.unsaid", { error: errorText(error) });
		tracker.run(async () => {
			const token = await this.#seal({ version: this.#current.version });
			// Not awaited: the broker's answer takes time, and a task of the tracker must end while the clock stands.
			broker.publish(topics.planogramStatus, token).catch(failed);
		}, failed);
	}

	#applyWhenIdle(): void {
		const { retrier, store, tell } = this.#context;
		retrier.run("store a planogram", async () => {
			const next = this.#next;
			if (next === undefined || this.#sessions.size > 0) return;
			await store.keepPlanogram(next.version, JSON.stringify(next.products));
			// Somebody may have come while it was written: then it counts from the end of that session on.
			if (this.#sessions.size > 0 || this.#next !== next) return;
			this.#next = undefined;
			this.#current = next;
			tell("info", "planogram.applied", { version: next.version, products: next.products.length });
			this.say();
			this.#onApplied();
		});
	}

	#seal(body: PlanogramStatusBody): Promise<string> {
		this.#sequence += 1;
		return sealForCloud(this.#context, { topic: this.#context.topics.planogramStatus, seq: this.#sequence, body });
	}
}
