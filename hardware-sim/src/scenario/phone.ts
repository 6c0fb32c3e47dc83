/** What a request to the cloud answered. */
export interface Answer {
	readonly status: number;
	readonly body: unknown;
}

/** How a phone reaches the cloud. Rejects when nobody listens or the connection breaks. */
export type Transport = (
	method: "GET" | "POST",
	path: string,
	headers: Readonly<Record<string, string>>,
	body: string | undefined,
) => Promise<Answer>;

/** The sale as the API shows it (`GET /api/v1/sales/{id}`). */
export interface SaleView {
	readonly id: string;
	readonly machineId: string;
	readonly state: string;
	readonly cause: string | null;
	readonly currency: string;
	readonly heldCents: number;
	readonly capturedCents: number;
	readonly items: readonly {
		readonly sku: string;
		readonly name: string;
		readonly quantity: number;
		readonly unitPriceCents: number;
	}[];
}

/** A shopper's phone: a token and the few requests that the web app makes. */
export class Phone {
	readonly #transport: Transport;
	readonly #token: string;
	/** Where it can be tried by hand: `http://127.0.0.1:8000`; empty in memory. */
	readonly baseUrl: string;

	constructor(options: { transport: Transport; token: string; baseUrl: string }) {
		this.#transport = options.transport;
		this.#token = options.token;
		this.baseUrl = options.baseUrl;
	}

	get token(): string {
		return this.#token;
	}

	savePayment(paymentMethod: string): Promise<Answer> {
		return this.#post("/save-payment", { payment_method: paymentMethod });
	}

	/** `slots`: what a machine that delivers shall deliver, one after the other. */
	unlock(id: string, machineId: string, slots?: readonly number[]): Promise<Answer> {
		return this.#post("/unlock", { id, machine_id: machineId, ...(slots === undefined ? {} : { slots }) });
	}

	/** The sale, or `undefined` while the cloud does not know it. */
	async sale(id: string): Promise<SaleView | undefined> {
		const { status, body } = await this.#transport("GET", `/api/v1/sales/${id}`, this.#headers(), undefined);
		if (status === 404) return undefined;
		if (status !== 200) throw new Error(`GET /api/v1/sales/${id} answered ${status}: ${JSON.stringify(body)}`);
		return saleOf(body);
	}

	#headers(): Record<string, string> {
		return { authorization: `Bearer ${this.#token}` };
	}

	#post(path: string, body: object): Promise<Answer> {
		return this.#transport(
			"POST",
			path,
			{ ...this.#headers(), "content-type": "application/json" },
			JSON.stringify(body),
		);
	}
}

function saleOf(body: unknown): SaleView {
	if (typeof body === "object" && body !== null && "data" in body) {
		const { data } = body;
		if (typeof data === "object" && data !== null && "state" in data && "items" in data) return data as SaleView;
	}
	throw new Error(`The cloud answered something that is no sale: ${JSON.stringify(body)}`);
}
