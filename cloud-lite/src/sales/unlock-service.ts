import { createHash } from "node:crypto";
import type { Product } from "@visionvend/sdk/catalog/product";
import type { Clock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import { type Random, randomId } from "@visionvend/sdk/random";
import { z } from "zod";
import { mustBeOwnShopper } from "../auth/own-shopper.ts";
import { type Database, mustHaveChanged, type Statement } from "../db/database.ts";
import { GuardFailed, UniqueViolation } from "../db/writer.ts";
import { Problem } from "../http/problem.ts";
import { reserve } from "../inventory/reservation.ts";
import type { Machine, MachineRegistry } from "../machines/machine-registry.ts";
import { type Checkout, checkoutOf } from "../payments/checkout.ts";
import { type GatewayName, type Gateways, gatewayNameSchema, isChargedFirst } from "../payments/gateway.ts";
import { operationKey, operationStatements } from "../payments/payment-operation.ts";
import type { PaymentRunner } from "../payments/payment-runner.ts";
import { newSale, type Sale, slotsSchema } from "./sale.ts";
import { unlockWithinMs } from "./sale-machine.ts";
import type { SaleStore } from "./sale-store.ts";

/** What a phone asks for. */
export interface UnlockRequest {
	readonly tenantId: string;
	readonly shopperId: string;
	/** The sale's id, chosen by the phone; without one the cloud chooses. */
	readonly id: string | undefined;
	readonly machineId: string | undefined;
	/** What a machine that delivers shall deliver; `undefined` where a door opens. */
	readonly slots: readonly number[] | undefined;
	/** What the shopper says about themselves. */
	readonly customer?: { readonly name: string | undefined; readonly phone: string | undefined };
	/** HTTP header `Idempotency-Key`. */
	readonly idempotencyKey: string | undefined;
	readonly language: string;
}

export interface UnlockAnswer {
	readonly saleId: string;
	readonly clientSecret: string | null;
	/** What the shopper has to pay first, in the provider's form; `undefined` once that is done. */
	readonly checkout: Checkout | undefined;
}

/** How long the request that began a sale holds the money by itself; a provider is waited for no longer. */
const holdWithinMs = 10_000;
/** A sale is decided long before; this is for one that never is. */
const reservationLivesMs = 24 * 3_600_000;

const accountSchema = z.object({
	gateway: gatewayNameSchema.or(z.literal("none")),
	shopper_id: z.string().nullable(),
	customer: z.string().nullable(),
	payment_method: z.string().nullable(),
	owes: z.int(),
});
type Account = z.infer<typeof accountSchema>;
const idempotencySchema = z.object({ request_hash: z.string(), sale_id: z.string().nullable() });

/** `POST /unlock`: writes the sale down, holds the money, and leaves the rest to the outbox. */
export class UnlockService {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #registry: MachineRegistry;
	readonly #sales: SaleStore;
	readonly #payments: PaymentRunner;
	readonly #gateways: Gateways;
	readonly #log: Log;

	constructor(options: {
		database: Database;
		clock: Clock;
		random: Random;
		registry: MachineRegistry;
		sales: SaleStore;
		payments: PaymentRunner;
		gateways: Gateways;
		log: Log;
	}) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
		this.#registry = options.registry;
		this.#sales = options.sales;
		this.#payments = options.payments;
		this.#gateways = options.gateways;
		this.#log = options.log;
	}

	/**
	 * Repeating a request with the same id or key gives the same answer, and one hold.
	 * @throws Problem for everything that ends without a hold
	 */
	async unlock(request: UnlockRequest): Promise<UnlockAnswer> {
		const sale = (await this.#earlier(request)) ?? (await this.#begin(request));
		const changed = await this.#payments.run(operationKey(sale.id, "auth"), sale);
		return this.#answer(sale.id, changed ?? (await this.#sales.find(sale.id)));
	}

	/**
	 * Whom a program asks for.
	 * @throws Problem 400 when it names nobody, 404 when it names another tenant's shopper
	 */
	async namedShopper(tenantId: string, shopperId: string | undefined): Promise<string> {
		if (shopperId === undefined) {
			throw new Problem(400, "shopper_required", "Say who pays: shopper_id.");
		}
		await mustBeOwnShopper(this.#database, tenantId, shopperId);
		return shopperId;
	}

	/** The sale that an earlier request with the same id or key began. */
	async #earlier(request: UnlockRequest): Promise<Sale | undefined> {
		const { shopperId, id, machineId, slots, idempotencyKey } = request;
		if (idempotencyKey !== undefined) {
			const [row] = await this.#database.read(
				"SELECT request_hash, sale_id FROM idempotency WHERE shopper_id = ? AND key = ?",
				[shopperId, idempotencyKey],
			);
			if (row) {
				const { request_hash, sale_id } = idempotencySchema.parse(row);
				if (request_hash !== hashOf(request) || sale_id === null) {
					throw new Problem(
						409,
						"idempotency_key_reused",
						"This Idempotency-Key came with another request before; take a new key for a new request.",
					);
				}
				return this.#sales.find(sale_id);
			}
		}
		const sale = id === undefined ? undefined : await this.#sales.find(id);
		if (!sale) return undefined;
		const isOther = (machineId !== undefined && sale.machineId !== machineId) || sale.slots !== slotsText(slots);
		if (sale.shopperId !== shopperId || isOther) {
			throw new Problem(409, "id_taken", `The id ${sale.id} belongs to another sale; choose a new one.`);
		}
		return sale;
	}

	/** Writes the sale, its first history, the payment intent and the outbox row in one batch. */
	async #begin(request: UnlockRequest): Promise<Sale> {
		const account = await this.#account(request);
		const gateway = this.#gateway(account);
		const machine = await this.#machine(request.tenantId, request.machineId);
		const { customer, paymentMethod } = await this.#payer(request, gateway, account);
		const nowMs = this.#clock.now();
		const products = await this.#registry.products(machine.id);
		const sale = newSale({
			id: request.id ?? randomId(this.#random),
			machineId: machine.id,
			shopperId: request.shopperId,
			state: "requested",
			cause: null,
			currency: machine.currency,
			gateway,
			holdCents: holdOf(machine, request.slots, products),
			language: request.language,
			products: JSON.stringify(products),
			slots: slotsText(request.slots),
			requestedAtMs: nowMs,
			unlockDeadlineMs: nowMs + unlockWithinMs,
			checkAtMs: nowMs + unlockWithinMs,
			captureDelayMs: machine.captureDelayMs,
		});
		const { holdCents: amountCents, currency } = sale;
		try {
			await this.#sales.insert(
				sale,
				[{ event: "requested", detail: { amountCents }, log: "unlock.requested" }],
				[
					...this.#rememberKey(request, sale.id, nowMs),
					...rememberCustomer(request, sale.id),
					...this.#reserve(sale, products, nowMs),
					...operationStatements(
						{ ...holdOperation, saleId: sale.id, amountCents, currency, customer, paymentMethod },
						nowMs,
						nowMs + holdWithinMs,
					),
				],
			);
		} catch (error) {
			if (error instanceof GuardFailed) throw soldOut(error, machine, products);
			if (!(error instanceof UniqueViolation)) throw error;
			const twin = await this.#earlier(request);
			if (twin) return twin;
			throw this.#conflict(error, machine);
		}
		return sale;
	}

	/** What a machine that delivers shall deliver is promised to this sale, so that nobody pays for the last one twice. */
	#reserve(sale: Sale, products: readonly Product[], nowMs: number): Statement[] {
		if (sale.slots === null) return [];
		const wanted = new Map<string, number>();
		for (const slot of slotsSchema.parse(JSON.parse(sale.slots))) {
			const sku = products.find(({ shelf }) => shelf === slot)?.sku;
			if (sku !== undefined) wanted.set(sku, (wanted.get(sku) ?? 0) + 1);
		}
		return [...wanted].flatMap(([sku, quantity]) =>
			reserve(
				{
					id: randomId(this.#random),
					machineId: sale.machineId,
					sku,
					quantity,
					saleId: sale.id,
					nowMs,
					expiresAtMs: nowMs + reservationLivesMs,
				},
				sku,
			),
		);
	}

	#rememberKey(request: UnlockRequest, saleId: string, nowMs: number): Statement[] {
		if (request.idempotencyKey === undefined) return [];
		return [
			{
				sql: `INSERT INTO idempotency (shopper_id, key, request_hash, sale_id, created_at_ms) VALUES (?, ?, ?, ?, ?)`,
				args: [request.shopperId, request.idempotencyKey, hashOf(request), saleId, nowMs],
			},
		];
	}

	#conflict(error: UniqueViolation, machine: Machine): unknown {
		switch (error.columns) {
			case "sale.machine_id":
				return new Problem(409, "machine_busy", `${machine.name} is in use; try again when its door is closed.`);
			case "sale.shopper_id":
				return new Problem(409, "shopper_busy", "You have another sale open; close that door first.");
			default:
				return error;
		}
	}

	async #machine(tenantId: string, machineId: string | undefined): Promise<Machine> {
		const machine = await this.#findMachine(tenantId, machineId);
		if (machine.outOfService === undefined) return machine;
		throw new Problem(503, "machine_out_of_service", `Machine ${machine.id} is out of service.`);
	}

	async #findMachine(tenantId: string, machineId: string | undefined): Promise<Machine> {
		if (machineId === undefined) {
			const only = await this.#registry.findOnly(tenantId);
			if (only) return only;
			throw new Problem(400, "machine_required", "Say which machine: put machine_id into the body.");
		}
		const machine = await this.#registry.find(machineId);
		if (machine?.tenantId === tenantId) return machine;
		throw new Problem(404, "machine_unknown", `There is no machine ${machineId}.`);
	}

	/** With what the tenant takes money, what the shopper has saved there, and whether they owe something. */
	async #account({ tenantId, shopperId }: UnlockRequest): Promise<Account> {
		const [row] = await this.#database.read(
			`SELECT COALESCE(tenant.settings ->> '$.paymentGateway.provider', 'stripe') AS gateway,
					shopper.id AS shopper_id, shopper.customer, shopper.payment_method,
					EXISTS (SELECT 1 FROM debt WHERE debt.shopper_id = ?1 AND settled_at_ms IS NULL) AS owes
				FROM tenant LEFT JOIN shopper ON shopper.id = ?1 AND shopper.tenant_id = tenant.id
				WHERE tenant.id = ?2`,
			[shopperId, tenantId],
		);
		return accountSchema.parse(row);
	}

	/** The account that the tenant takes money with. */
	#gateway({ gateway }: Account): GatewayName {
		if (gateway !== "none" && this.#gateways[gateway]) return gateway;
		throw new Problem(503, "payments_off", offReasons[gateway]);
	}

	/** Who pays, with what: a saved card, or nothing yet where each sale is paid in the provider's form. */
	async #payer(
		{ tenantId, shopperId }: UnlockRequest,
		gateway: GatewayName,
		{ shopper_id, customer, payment_method: paymentMethod, owes }: Account,
	): Promise<{ customer: string | null; paymentMethod: string | null }> {
		if (!isChargedFirst(gateway) && (!customer || !paymentMethod)) {
			throw new Problem(400, "payment_method_required", "Save a card first: POST /save-payment.");
		}
		if (owes === 1) throw new Problem(402, "debt_open", "An earlier sale is not paid in full yet; pay it first.");
		if (!isChargedFirst(gateway)) return { customer, paymentMethod };
		if (shopper_id === null) await this.#welcome(shopperId, tenantId);
		return { customer: null, paymentMethod: null };
	}

	/** Who has saved nothing is not known yet. */
	async #welcome(shopperId: string, tenantId: string): Promise<void> {
		await this.#database.write([
			{
				sql: `INSERT INTO shopper (id, tenant_id, created_at_ms) VALUES (?, ?, ?)
					ON CONFLICT (id) DO UPDATE SET tenant_id = excluded.tenant_id WHERE tenant_id = excluded.tenant_id`,
				args: [shopperId, tenantId, this.#clock.now()],
			},
			mustHaveChanged("a shopper's id belongs to one tenant"),
		]);
	}

	#answer(saleId: string, sale: Sale | undefined): UnlockAnswer {
		if (!sale) throw new Error(`sale ${saleId} was written and is not there`);
		if (sale.cause === "unlock_expired" && sale.holdIntent !== null) {
			throw new Problem(
				409,
				"unlock_expired",
				"The payment took too long, so nothing is opened and the held money is let go. Start a new sale.",
			);
		}
		if (sale.holdIntent !== null) return { saleId: sale.id, clientSecret: sale.clientSecret, checkout: undefined };
		const checkout = checkoutOf(sale, this.#gateways);
		if (checkout) return { saleId: sale.id, clientSecret: sale.clientSecret, checkout };
		if (sale.declineCode !== null) {
			throw new Problem(400, "payment_declined", sale.declineMessage ?? "Your card was declined.", {
				decline_code: sale.declineCode,
			});
		}
		this.#log({ level: "warn", room: "cloud", event: "unlock.unanswered", saleId });
		throw new Problem(
			503,
			"payment_unavailable",
			"The payment provider does not answer. Nothing is opened. Send the same request again to learn the outcome.",
			{},
			{ "retry-after": "2" },
		);
	}
}

function rememberCustomer({ customer }: UnlockRequest, saleId: string): Statement[] {
	if (customer?.name === undefined && customer?.phone === undefined) return [];
	return [
		{
			sql: "UPDATE sale SET customer_name = ?, customer_phone = ? WHERE id = ?",
			args: [customer.name ?? null, customer.phone ?? null, saleId],
		},
	];
}

const offReasons: Readonly<Record<GatewayName | "none", string>> = Object.freeze({
	stripe: "Payments are off: this cloud was started without STRIPE_API_KEY.",
	razorpay: "Payments are off: this cloud was started without RAZORPAY_KEY_ID and RAZORPAY_KEY_SECRET.",
	none: "Payments are off: the owner has chosen no payment provider.",
});

function soldOut({ guard: sku }: GuardFailed, machine: Machine, products: readonly Product[]): Problem {
	const name = products.find((product) => product.sku === sku)?.name ?? sku;
	return new Problem(409, "sold_out", `${machine.name} has not enough left of ${name}; choose something else.`, {
		sku,
	});
}

const holdOperation = Object.freeze({ kind: "auth", sequence: 1, intent: null, shopperPresent: true } as const);

/** As the sale keeps them. */
function slotsText(slots: readonly number[] | undefined): string | null {
	return slots === undefined ? null : JSON.stringify(slots);
}

/** What to hold: the usual sum before a door opens, the exact price of what was chosen otherwise. */
function holdOf(machine: Machine, slots: readonly number[] | undefined, products: readonly Product[]): number {
	const { kind, name } = machine;
	if (kind === "fridge") {
		if (slots === undefined) return machine.holdCents;
		throw new Problem(400, "slots_not_taken", `${name} has a door: leave slots out, and take what you want.`);
	}
	if (slots === undefined) {
		throw new Problem(400, "slots_required", `Say what ${name} shall deliver: put slots into the body, such as [3].`);
	}
	let cents = 0;
	for (const slot of slots) {
		const product = products.find(({ shelf }) => shelf === slot);
		if (!product) throw new Problem(404, "slot_unknown", `${name} has nothing in slot ${slot}.`);
		cents += product.priceCents;
	}
	if (cents === 0) throw new Problem(409, "nothing_to_pay", "What was chosen has no price; tell the owner.");
	return cents;
}

function hashOf({ id, machineId, slots }: UnlockRequest): string {
	return createHash("sha256")
		.update(JSON.stringify(["/unlock", id ?? null, machineId ?? null, ...(slots === undefined ? [] : [slots])]))
		.digest("base64url");
}
