import { z } from "zod";
import { type Clock, systemClock } from "../clock.ts";
import { type Random, randomId, systemRandom } from "../random.ts";
import type { Operations } from "./operations.generated.ts";

/** `GET /api/v1/machines/{id}`. */
export type OperationName = keyof Operations;
type Request<Name extends OperationName> = Operations[Name]["request"];
type Answer<Name extends OperationName> = Operations[Name]["answer"];
/** Nothing has to be given where nothing is needed. */
type Input<Name extends OperationName> =
	Record<never, never> extends Request<Name> ? [request?: Request<Name>] : [request: Request<Name>];

const problemSchema = z.looseObject({ code: z.string(), detail: z.string(), requestId: z.string() });

/** What the cloud answered instead of what was asked for: RFC 9457's problem, as an error. */
export class CloudProblem extends Error {
	override readonly name = "CloudProblem";
	/** HTTP status. */
	readonly status: number;
	/** Names the kind of problem for programs: `machine_busy`. */
	readonly code: string;
	/** Finds the request in the cloud's log. */
	readonly requestId: string;
	/** Everything that the cloud said. */
	readonly problem: Readonly<Record<string, unknown>>;

	constructor(status: number, problem: z.infer<typeof problemSchema>) {
		super(problem.detail);
		this.status = status;
		this.code = problem.code;
		this.requestId = problem.requestId;
		this.problem = problem;
	}
}

export interface CloudClientOptions {
	/** Where the cloud is: `https://shop.example`. */
	readonly url: string;
	/** A token or an API key; a function where it has to be renewed. Nobody in particular asks where not given. */
	readonly token?: string | (() => string | Promise<string>);
	readonly fetch?: typeof globalThis.fetch;
	readonly clock?: Clock;
	readonly random?: Random;
}

/** How long to wait before each further try, where the cloud does not say. */
const waitsMs = [500, 2_000, 5_000];
const longestWaitMs = 60_000;
/** The cloud cannot answer now; nothing was done. */
const passing = [429, 502, 503];

/**
 * The cloud's API, typed by its own description. What failed on the way, and may be asked again without harm, is asked
 * three more times: a POST carries an `Idempotency-Key`, under which the cloud does it once.
 */
export class CloudClient {
	readonly #url: string;
	readonly #token: CloudClientOptions["token"];
	readonly #fetch: typeof globalThis.fetch;
	readonly #clock: Clock;
	readonly #random: Random;

	constructor(options: CloudClientOptions) {
		this.#url = options.url.replace(/\/+$/, "");
		this.#token = options.token;
		this.#fetch = options.fetch ?? globalThis.fetch;
		this.#clock = options.clock ?? systemClock;
		this.#random = options.random ?? systemRandom;
	}

	/**
	 * Asks for one operation; `await cloud.call("GET /api/v1/machines/{id}", { path: { id } })` is what it answers.
	 * @throws CloudProblem when the cloud says no
	 * @throws TypeError as `fetch` does, when the cloud was not reached
	 */
	async call<Name extends OperationName>(name: Name, ...[request]: Input<Name>): Promise<Answer<Name>> {
		const response = await this.#answer(name, partsOf(request));
		// The type is the description's; the cloud's own tests hold its answers to it.
		return (await bodyOf(response)) as Answer<Name>;
	}

	/** Everything in a list, page after page. @throws CloudProblem */
	async *all<Name extends OperationName>(
		name: Answer<Name> extends { data: unknown[]; meta: { nextCursor: string | null } } ? Name : never,
		...[request]: Input<Name>
	): AsyncGenerator<Answer<Name> extends { data: (infer Item)[] } ? Item : never> {
		const parts = partsOf(request);
		let cursor: string | null = null;
		do {
			const query: Parts["query"] = cursor === null ? parts.query : { ...parts.query, cursor };
			const page = pageSchema.parse(await bodyOf(await this.#answer(name, { ...parts, query })));
			// As above: one page is an array of what the description says.
			yield* page.data as (Answer<Name> extends { data: (infer Item)[] } ? Item : never)[];
			cursor = page.meta.nextCursor;
		} while (cursor !== null);
	}

	async #answer(name: string, parts: Parts): Promise<Response> {
		const [method = "", path = ""] = name.split(" ");
		const asked = { ...parts, headers: { ...parts.headers } };
		const send = this.#fetch;
		// What hands out tokens must not be asked twice: a token that comes a second time ends its login.
		const isRepeatable = method !== "PATCH" && !path.includes("/auth/");
		if (method === "POST" && isRepeatable) asked.headers["idempotency-key"] ??= randomId(this.#random);
		for (let tries = 0; ; tries += 1) {
			const wait = isRepeatable ? waitsMs[tries] : undefined;
			try {
				const response = await send(this.#url + filled(path, asked), await this.#init(method, asked));
				if (response.ok) return response;
				const problem = await problemOf(response);
				if (wait === undefined || !passing.includes(response.status)) throw problem;
				await this.#pause(retryAfterMs(response) ?? wait);
			} catch (error) {
				// `fetch` says TypeError when nobody was reached, or the answer was lost.
				if (!(error instanceof TypeError) || wait === undefined) throw error;
				await this.#pause(wait);
			}
		}
	}

	async #init(method: string, { headers: given, type, body }: Parts): Promise<RequestInit> {
		const headers = new Headers(given);
		const token = typeof this.#token === "function" ? await this.#token() : this.#token;
		if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
		if (body === undefined) return { method, headers };
		if (type !== undefined) headers.set("content-type", type);
		if (typeof body === "string") return { method, headers, body };
		if (body instanceof Uint8Array) return { method, headers, body: new Uint8Array(body) };
		headers.set("content-type", "application/json");
		return { method, headers, body: JSON.stringify(body) };
	}

	#pause(delayMs: number): Promise<void> {
		return new Promise((resolve) => this.#clock.after(delayMs, resolve));
	}
}

const pageSchema = z.object({
	data: z.array(z.unknown()),
	meta: z.object({ nextCursor: z.string().nullable() }),
});
const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const partsSchema = z
	.object({
		path: z.record(z.string(), scalar).default({}),
		query: z.record(z.string(), scalar.optional()).default({}),
		headers: z.record(z.string(), z.string()).default({}),
		/** Media type of a body that is not JSON. */
		type: z.string().optional(),
		body: z.unknown().optional(),
	})
	.prefault({});
type Parts = z.output<typeof partsSchema>;

function partsOf(request: unknown): Parts {
	return partsSchema.parse(request);
}

function filled(path: string, { path: values, query }: Parts): string {
	const place = path.replace(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(values[name] ?? ""));
	const search = new URLSearchParams();
	for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, value);
	return search.size === 0 ? place : `${place}?${search}`;
}

async function bodyOf(response: Response): Promise<unknown> {
	const type = response.headers.get("content-type") ?? "";
	if (type.includes("json")) return response.json();
	return type.startsWith("text/") ? response.text() : new Uint8Array(await response.arrayBuffer());
}

async function problemOf(response: Response): Promise<CloudProblem> {
	const text = await response.text();
	const parsed = problemSchema.safeParse(jsonOf(text));
	if (parsed.success) return new CloudProblem(response.status, parsed.data);
	const detail = `${response.url} answered ${response.status}, and not as the cloud does: ${text.slice(0, 200)}`;
	return new CloudProblem(response.status, { code: "not_the_cloud", detail, requestId: "" });
}

function jsonOf(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (error) {
		if (error instanceof SyntaxError) return undefined;
		throw error;
	}
}

/** Seconds of `Retry-After`, where it is bearable. */
function retryAfterMs(response: Response): number | undefined {
	const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
	return Number.isFinite(seconds) ? Math.min(seconds * 1_000, longestWaitMs) : undefined;
}
