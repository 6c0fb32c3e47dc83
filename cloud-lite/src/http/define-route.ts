import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { type Access, type ActorOf, accessText, securityOf } from "../auth/access.ts";
import type { Actor } from "../auth/actor.ts";
import type { CloudEnvironment } from "./environment.ts";
import { idempotencyHeaders } from "./idempotency.ts";
import { ifMatchSchema, parseIfMatch } from "./if-match.ts";
import { listMetaSchema, type Page } from "./list.ts";
import { Problem, type ProblemStatus, problemSchema } from "./problem.ts";
import type { RateLimit } from "./rate-limiter.ts";
import { readBody } from "./read-body.ts";

type NoFields = z.ZodObject<Record<never, never>>;
type Handled<Result> = Promise<Result | Response> | Result | Response;

interface RouteBase<A extends Access, Params, Query, Headers, Body> {
	readonly method: "get" | "post" | "put" | "patch" | "delete";
	/** OpenAPI's form, `/api/v1/machines/{id}`. Under `/api/v1/` answers are `{ ok: true, data }`, elsewhere bare. */
	readonly path: `/${string}`;
	/** Other paths of the same handler, with the same parameters. */
	readonly aliases?: readonly `/${string}`[];
	readonly summary: string;
	readonly description?: string;
	readonly tag: string;
	/** Who may call. */
	readonly access: A;
	readonly params?: Params;
	readonly query?: Query;
	readonly headers?: Headers;
	/** What is sent; a schema that takes `undefined` makes it optional. */
	readonly body?: Body;
	/** The media type of the body; JSON where not given. A `text/…` body is a string, any other a `Uint8Array`. */
	readonly bodyType?: string;
	/** 256 KiB where not given. */
	readonly largestBody?: number;
	/** Whether the write may be bound to a version by `If-Match`. */
	readonly ifMatch?: true;
	/** How often one address may ask; for what costs. */
	readonly rateLimit?: RateLimit;
	/** Of success; 200 where not given. */
	readonly status?: 200 | 201 | 202;
	/** Problems beside those that follow from what stands here (400, 401, 403, 404 with params, 412, 413, 415, 422). */
	readonly problems?: readonly ProblemStatus[];
}

/** A route that answers with one thing. */
export interface RouteDefinition<
	A extends Access,
	Params extends z.ZodObject,
	Query extends z.ZodObject,
	Headers extends z.ZodObject,
	Body extends z.ZodType,
	Data extends z.ZodType,
> extends RouteBase<A, Params, Query, Headers, Body> {
	/** What is answered; checked and stripped of everything else on the way out. */
	readonly data: Data;
}

/** A route that answers with a page of a list. */
export interface ListDefinition<
	A extends Access,
	Params extends z.ZodObject,
	Query extends z.ZodObject,
	Item extends z.ZodType,
> extends Omit<RouteBase<A, Params, Query, NoFields, z.ZodUndefined>, "method" | "body" | "headers"> {
	readonly item: Item;
}

/** A route that answers with something else than JSON; its handler returns the `Response`. */
export interface RawDefinition<
	A extends Access,
	Params extends z.ZodObject,
	Query extends z.ZodObject,
	Headers extends z.ZodObject,
	Body extends z.ZodType,
> extends RouteBase<A, Params, Query, Headers, Body> {
	/** The media types that it answers with. */
	readonly produces: readonly string[];
}

/** What a handler is given: everything checked. */
export interface RouteInput<A extends Access, Params, Query, Headers, Body> {
	readonly actor: ActorOf<A>;
	readonly params: Params;
	readonly query: Query;
	readonly headers: Headers;
	readonly body: Body;
	/** The version that the caller has seen, when it sent `If-Match`. */
	readonly ifMatch: number | undefined;
	readonly requestId: string;
	readonly context: Context<CloudEnvironment>;
}

/** Adds a route to a group: its check of who asks, its parsing, its answer and its description. */
export function defineRoute<
	const A extends Access,
	Data extends z.ZodType,
	Params extends z.ZodObject = NoFields,
	Query extends z.ZodObject = NoFields,
	Headers extends z.ZodObject = NoFields,
	Body extends z.ZodType = z.ZodUndefined,
>(
	routes: OpenAPIHono<CloudEnvironment>,
	definition: RouteDefinition<A, Params, Query, Headers, Body, Data>,
	handle: (
		input: RouteInput<A, z.output<Params>, z.output<Query>, z.output<Headers>, z.output<Body>>,
	) => Handled<z.input<Data>>,
): void {
	const { data: schema, status = 200 } = definition;
	register(routes, definition, { "application/json": schema }, handle, async (context, result) => {
		const data: unknown = await schema.parseAsync(result);
		if (hasVersion(data)) context.header("etag", `"${data.version}"`);
		return context.json(isEnveloped(context) ? { ok: true, data } : data, status);
	});
}

/** Adds a GET of a list to a group. On short paths the answer is the bare array. */
export function defineList<
	const A extends Access,
	Item extends z.ZodType,
	Params extends z.ZodObject = NoFields,
	Query extends z.ZodObject = NoFields,
>(
	routes: OpenAPIHono<CloudEnvironment>,
	definition: ListDefinition<A, Params, Query, Item>,
	handle: (
		input: RouteInput<A, z.output<Params>, z.output<Query>, Record<string, unknown>, unknown>,
	) => Handled<Page<z.input<Item>>>,
): void {
	const items = z.array(definition.item);
	register(
		routes,
		{ ...definition, method: "get" },
		{ "application/json": items },
		handle,
		async (context, { items: found, meta }) => {
			const data: unknown = await items.parseAsync(found);
			return context.json(isEnveloped(context) ? { ok: true, data, meta } : data);
		},
	);
}

/** Adds a route that answers with its own `Response` to a group. */
export function defineRawRoute<
	const A extends Access,
	Params extends z.ZodObject = NoFields,
	Query extends z.ZodObject = NoFields,
	Headers extends z.ZodObject = NoFields,
	Body extends z.ZodType = z.ZodUndefined,
>(
	routes: OpenAPIHono<CloudEnvironment>,
	definition: RawDefinition<A, Params, Query, Headers, Body>,
	handle: (
		input: RouteInput<A, z.output<Params>, z.output<Query>, z.output<Headers>, z.output<Body>>,
	) => Handled<never>,
): void {
	const content = Object.fromEntries(definition.produces.map((type) => [type, z.string()]));
	register(routes, definition, content, handle, (_context, result) => result);
}

const noFields = z.object({});

function hasVersion(data: unknown): data is { readonly version: number } {
	return typeof data === "object" && data !== null && "version" in data && Number.isSafeInteger(data.version);
}

const usualLargestBody = 256 * 1024;

function register<
	A extends Access,
	Params extends z.ZodObject,
	Query extends z.ZodObject,
	Headers extends z.ZodObject,
	Body extends z.ZodType,
	Result,
>(
	routes: OpenAPIHono<CloudEnvironment>,
	definition: RouteBase<A, Params, Query, Headers, Body>,
	content: Readonly<Record<string, z.ZodType>>,
	handle: (
		input: RouteInput<A, z.output<Params>, z.output<Query>, z.output<Headers>, z.output<Body>>,
	) => Handled<Result>,
	answer: (context: Context<CloudEnvironment>, result: Result) => Promise<Response> | Response,
): void {
	const { method, path, aliases = [], access, params, query, headers, body, rateLimit } = definition;
	for (const each of [path, ...aliases]) {
		describe(routes, definition, each, content);
		routes.on(method.toUpperCase(), each.replace(/\{(\w+)\}/g, ":$1"), async (context) => {
			context.set("route", each);
			if (rateLimit) context.get("limiter").take(`${path} ${context.get("address")}`, rateLimit);
			const actor = await context.get("gate").identify(context, access);
			context.set("actor", actor);
			return recorded(context, `${method} ${path}`, actor, async () => {
				const admitted = context.get("gate").admit(actor, access);
				const sentBody = body
					? await readBody(context.req.raw, definition.bodyType, definition.largestBody ?? usualLargestBody)
					: undefined;
				const given = {
					params: check("path", params ?? noFields, context.req.param()),
					query: check("query", query ?? noFields, context.req.query()),
					headers: check("header", headers ?? noFields, context.req.header()),
					body: body ? check("body", body, sentBody) : undefined,
				};
				// Each part was parsed by the schema that gives it its type; a part without a schema has no fields to read.
				const parsed = given as Pick<
					RouteInput<A, z.output<Params>, z.output<Query>, z.output<Headers>, z.output<Body>>,
					"params" | "query" | "headers" | "body"
				>;
				const ifMatch = definition.ifMatch ? parseIfMatch(context.req.header("if-match")) : undefined;
				const work = async (): Promise<Response> => {
					const requestId = context.get("requestId");
					const result = await handle({ ...parsed, actor: admitted, ifMatch, requestId, context });
					return result instanceof Response ? result : answer(context, result);
				};
				if (!actor || !isReplayable(definition)) return work();
				const { "idempotency-key": key } = check("header", idempotencyHeaders, context.req.header());
				if (key === undefined) return work();
				const request = [each, given.params, given.query, sentBody instanceof Uint8Array ? [...sentBody] : sentBody];
				return context.get("idempotency").once(actor, key, request, work);
			});
		});
	}
}

/** Every POST of somebody we know may come twice, but for those whose handlers see to it themselves. */
function isReplayable({ method, access, headers }: AnyRoute): boolean {
	return method === "post" && access !== "anybody" && !(headers && "idempotency-key" in headers.shape);
}

type AnyRoute = RouteBase<Access, z.ZodObject, z.ZodObject, z.ZodObject, z.ZodType>;

/** Writes down what people and programs change, or try to; before the answer leaves. */
async function recorded(
	context: Context<CloudEnvironment>,
	action: string,
	actor: Actor | undefined,
	work: () => Promise<Response>,
): Promise<Response> {
	const isOnRecord = !action.startsWith("get ") && (actor?.kind === "user" || actor?.kind === "apiKey");
	if (!isOnRecord) return work();
	const record = (status: number): Promise<void> =>
		context.get("audit").record({
			tenantId: actor.tenantId,
			actorKind: actor.kind,
			actorId: actor.id,
			action,
			target: context.req.path,
			status,
			requestId: context.get("requestId"),
		});
	try {
		const response = await work();
		await record(response.status);
		return response;
	} catch (error) {
		await record(error instanceof Problem ? error.status : 500);
		throw error;
	}
}

function check<Schema extends z.ZodType>(place: string, schema: Schema, value: unknown): z.output<Schema> {
	const parsed = schema.safeParse(value);
	if (parsed.success) return parsed.data;
	const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message }));
	// What has the documented form and makes no sense all the same is understood, and impossible.
	const status = parsed.error.issues.every(({ code }) => code === "custom") ? 422 : 400;
	throw new Problem(status, "invalid_request", `The ${place} is not valid. ${z.prettifyError(parsed.error)}`, {
		issues,
	});
}

function isEnveloped(context: Context): boolean {
	return context.req.path.startsWith("/api/v1/");
}

function describe(
	routes: OpenAPIHono<CloudEnvironment>,
	definition: AnyRoute,
	path: string,
	content: Readonly<Record<string, z.ZodType>>,
): void {
	const { method, summary, description, tag, access, params, query, headers, body, status = 200 } = definition;
	const security = securityOf(access);
	const isList = "item" in definition;
	const enveloped = (schema: z.ZodType) =>
		z.object({ ok: z.literal(true), data: schema, ...(isList ? { meta: listMetaSchema } : {}) });
	const isApi = path.startsWith("/api/v1/");
	const { bodyType = "application/json" } = definition;
	const headerShape = {
		...headers?.shape,
		...(isReplayable(definition) ? idempotencyHeaders.shape : {}),
		...(definition.ifMatch ? { "if-match": ifMatchSchema } : {}),
	};
	routes.openAPIRegistry.registerPath({
		method,
		path,
		summary,
		description: [...(description ? [description] : []), accessText(access)].join("\n\n"),
		tags: [tag],
		"x-access": access,
		...(security ? { security } : {}),
		request: {
			...(params ? { params } : {}),
			...(query ? { query } : {}),
			...(Object.keys(headerShape).length === 0 ? {} : { headers: z.object(headerShape) }),
			...(body
				? {
						body: {
							required: !body.safeParse(undefined).success,
							content: { [bodyType]: { schema: body } },
						},
					}
				: {}),
		},
		responses: {
			[status]: {
				description: "Done",
				content: Object.fromEntries(
					Object.entries(content).map(([type, schema]) => [
						type,
						{ schema: isApi && type === "application/json" ? enveloped(schema) : schema },
					]),
				),
			},
			...problemAnswers(definition),
		},
	});
}

function problemAnswers(definition: AnyRoute) {
	const { access, params, query, headers, body, ifMatch, rateLimit, problems = [] } = definition;
	const statuses = new Set<ProblemStatus>([
		...(params || query || headers || body || ifMatch || isReplayable(definition) ? ([400] as const) : []),
		...(isReplayable(definition) ? ([409] as const) : []),
		...(access === "anybody" ? [] : ([401, 403] as const)),
		...(params ? ([404] as const) : []),
		...(ifMatch ? ([412] as const) : []),
		...(query || body ? ([422] as const) : []),
		...(body ? ([413, 415] as const) : []),
		...(rateLimit ? ([429] as const) : []),
		...problems,
	]);
	return Object.fromEntries(
		[...statuses]
			.sort()
			.map((status) => [
				status,
				{ description: descriptions[status], content: { "application/problem+json": { schema: problemSchema } } },
			]),
	);
}

const descriptions: Readonly<Record<ProblemStatus, string>> = Object.freeze({
	400: "The request is not valid, or the payment provider refused it",
	401: "Nobody we know",
	402: "An earlier sale is not paid in full",
	403: "Who asks may not do this",
	404: "Not found",
	405: "Not with this method",
	409: "In conflict with another request or with what is there",
	412: "Somebody else changed it meanwhile; read it again",
	413: "The body is too large",
	415: "The body is not sent as it should be",
	422: "Understood, and impossible",
	429: "Too often; wait",
	500: "Our fault",
	502: "A service that we need answered wrongly",
	503: "Not available now; try again",
});
